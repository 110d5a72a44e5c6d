//! The modules: one file each, named as CellProfiler names it.

use crate::Kind;

pub mod align;
pub mod calculate_math;
pub mod calculate_statistics;
pub mod classify_objects;
pub mod closing;
pub mod color_to_gray;
pub mod combine_objects;
pub mod convert_image_to_objects;
pub mod convert_objects_to_image;
pub mod correct_illumination_apply;
pub mod correct_illumination_calculate;
pub mod create_batch_files;
pub mod crop;
pub mod define_grid;
pub mod dilate_image;
pub mod dilate_objects;
pub mod display_data_on_image;
pub mod display_density_plot;
pub mod display_histogram;
pub mod display_platemap;
pub mod display_scatter_plot;
pub mod enhance_edges;
pub mod enhance_or_suppress_features;
pub mod erode_image;
pub mod erode_objects;
pub mod expand_or_shrink_objects;
pub mod export_to_database;
pub mod export_to_spreadsheet;
pub mod fill_objects;
pub mod filter_objects;
pub mod find_maxima;
pub mod flag_image;
pub mod flip_and_rotate;
pub mod gaussian_filter;
pub mod gray_to_color;
pub mod groups;
pub mod identify_objects_in_grid;
pub mod identify_primary_objects;
pub mod identify_secondary_objects;
pub mod identify_tertiary_objects;
pub mod image_math;
pub mod images;
pub mod invert_for_printing;
pub mod load_data;
pub mod make_projection;
pub mod mask_image;
pub mod mask_objects;
pub mod measure_colocalization;
pub mod measure_granularity;
pub mod measure_image_area_occupied;
pub mod measure_image_intensity;
pub mod measure_image_overlap;
pub mod measure_image_quality;
pub mod measure_image_skeleton;
pub mod measure_object_intensity;
pub mod measure_object_intensity_distribution;
pub mod measure_object_neighbors;
pub mod measure_object_overlap;
pub mod measure_object_size_shape;
pub mod measure_object_skeleton;
pub mod measure_texture;
pub mod medial_axis;
pub mod median_filter;
pub mod metadata;
pub mod morph;
pub mod morphological_skeleton;
pub mod names_and_types;
pub mod opening;
pub mod overlay_objects;
pub mod overlay_outlines;
pub mod reduce_noise;
pub mod relate_objects;
pub mod remove_holes;
pub mod rescale_intensity;
pub mod resize;
pub mod resize_objects;
pub mod save_cropped_objects;
pub mod save_images;
pub mod shrink_to_object_centers;
pub mod smooth;
pub mod split_or_merge_objects;
pub mod threshold;
pub mod tile;
pub mod track_objects;
pub mod unmix_colors;
pub mod untangle_worms;
pub mod watershed;

/// Every kind of module that the native engine knows, in alphabetical order.
pub const KINDS: &[Kind] = &[
    align::KIND,
    calculate_math::KIND,
    calculate_statistics::KIND,
    classify_objects::KIND,
    closing::KIND,
    color_to_gray::KIND,
    combine_objects::KIND,
    convert_image_to_objects::KIND,
    convert_objects_to_image::KIND,
    correct_illumination_apply::KIND,
    correct_illumination_calculate::KIND,
    create_batch_files::KIND,
    crop::KIND,
    define_grid::KIND,
    dilate_image::KIND,
    dilate_objects::KIND,
    display_data_on_image::KIND,
    display_density_plot::KIND,
    display_histogram::KIND,
    display_platemap::KIND,
    display_scatter_plot::KIND,
    enhance_edges::KIND,
    enhance_or_suppress_features::KIND,
    erode_image::KIND,
    erode_objects::KIND,
    expand_or_shrink_objects::KIND,
    export_to_database::KIND,
    export_to_spreadsheet::KIND,
    fill_objects::KIND,
    filter_objects::KIND,
    find_maxima::KIND,
    flag_image::KIND,
    flip_and_rotate::KIND,
    gaussian_filter::KIND,
    gray_to_color::KIND,
    groups::KIND,
    identify_objects_in_grid::KIND,
    identify_primary_objects::KIND,
    identify_secondary_objects::KIND,
    identify_tertiary_objects::KIND,
    image_math::KIND,
    images::KIND,
    invert_for_printing::KIND,
    load_data::KIND,
    make_projection::KIND,
    mask_image::KIND,
    mask_objects::KIND,
    measure_colocalization::KIND,
    measure_granularity::KIND,
    measure_image_area_occupied::KIND,
    measure_image_intensity::KIND,
    measure_image_overlap::KIND,
    measure_image_quality::KIND,
    measure_image_skeleton::KIND,
    measure_object_intensity::KIND,
    measure_object_intensity_distribution::KIND,
    measure_object_neighbors::KIND,
    measure_object_overlap::KIND,
    measure_object_size_shape::KIND,
    measure_object_skeleton::KIND,
    measure_texture::KIND,
    medial_axis::KIND,
    median_filter::KIND,
    metadata::KIND,
    morph::KIND,
    morphological_skeleton::KIND,
    names_and_types::KIND,
    opening::KIND,
    overlay_objects::KIND,
    overlay_outlines::KIND,
    reduce_noise::KIND,
    relate_objects::KIND,
    remove_holes::KIND,
    rescale_intensity::KIND,
    resize::KIND,
    resize_objects::KIND,
    save_cropped_objects::KIND,
    save_images::KIND,
    shrink_to_object_centers::KIND,
    smooth::KIND,
    split_or_merge_objects::KIND,
    threshold::KIND,
    tile::KIND,
    track_objects::KIND,
    unmix_colors::KIND,
    untangle_worms::KIND,
    watershed::KIND,
];

/// Returns the kind called `name`, by its name or a former one.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.name == name || k.former_names.contains(&name))
}
