//! Files and metadata to image sets and groups.
//!
//! The input modules' typed settings and rules. Listings, tables and headers come from the caller, so that a
//! planner can run this anywhere; nothing here does I/O or decodes a pixel.

mod collation;
mod error;
mod folder;
mod groups;
mod header;
mod image_set;
mod images;
mod literal;
mod load_data;
mod metadata;
mod metadata_tags;
mod names_and_types;
mod pattern;
mod plan;
mod plane;
mod plane_metadata;
mod rule;
mod selection;
mod url;

pub use collation::Comparison;
pub use error::{InputError, PlanError};
pub use folder::{Folder, FolderBase};
pub use groups::Groups;
pub use header::{DimensionOrder, Files, HeaderChannel, HeaderImage, Headers};
pub use image_set::{Cell, Channel, ImageSet, Rescale, Role};
pub use images::Images;
pub use literal::Join;
pub use load_data::{ColumnType, LoadData, Table};
pub use metadata::{DataType, Metadata, Method, Source, TableJoin};
pub use metadata_tags::{metadata_tags, substitute_metadata};
pub use names_and_types::{Assignment, ChannelSettings, Matching, NamesAndTypes, SingleImage};
pub use pattern::{Pattern, PatternError};
pub use plan::{CellKind, Input, Plan, plan, plan_each, table_location};
pub use rule::{Extensions, Rule, RuleError, Subject, Text};
pub use selection::Selection;
pub use url::{file_list, file_name, folder_name, path_to_url, url_to_path};
