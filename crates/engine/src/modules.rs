//! The modules: one file each, named as CellProfiler names it.

use crate::Kind;

pub mod calculate_math;
pub mod correct_illumination_apply;
pub mod correct_illumination_calculate;
pub mod create_batch_files;
pub mod export_to_spreadsheet;
pub mod flag_image;
pub mod groups;
pub mod identify_primary_objects;
pub mod identify_secondary_objects;
pub mod identify_tertiary_objects;
pub mod images;
pub mod load_data;
pub mod measure_image_intensity;
pub mod measure_image_quality;
pub mod measure_object_intensity;
pub mod measure_object_size_shape;
pub mod metadata;
pub mod names_and_types;
pub mod overlay_outlines;
pub mod relate_objects;
pub mod resize;
pub mod save_images;
pub mod threshold;

/// Every kind of module that the native engine knows, in alphabetical order.
pub const KINDS: &[Kind] = &[
    calculate_math::KIND,
    correct_illumination_apply::KIND,
    correct_illumination_calculate::KIND,
    create_batch_files::KIND,
    export_to_spreadsheet::KIND,
    flag_image::KIND,
    groups::KIND,
    identify_primary_objects::KIND,
    identify_secondary_objects::KIND,
    identify_tertiary_objects::KIND,
    images::KIND,
    load_data::KIND,
    measure_image_intensity::KIND,
    measure_image_quality::KIND,
    measure_object_intensity::KIND,
    measure_object_size_shape::KIND,
    metadata::KIND,
    names_and_types::KIND,
    overlay_outlines::KIND,
    relate_objects::KIND,
    resize::KIND,
    save_images::KIND,
    threshold::KIND,
];

/// Returns the kind called `name`, by its name or a former one.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.name == name || k.former_names.contains(&name))
}
