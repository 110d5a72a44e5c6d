use super::{Input, Plan, check_keys, group_value, json_list};
use crate::groups::{Groups, group};
use crate::images::Images;
use crate::load_data::{float, integer};
use crate::metadata::{DataType, Extractor, Metadata, Source};
use crate::names_and_types::{Assignment, Matching, NamesAndTypes, assign, collect};
use crate::plane::{Plane, Stack};
use crate::plane_metadata::Texts;
use crate::url::{file_name, folder_name, url_to_path};
use crate::{Cell, Channel, Comparison, ImageSet, InputError, PlanError, Rescale, Role};
use cppipe::{Module, Problem};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The input modules with their settings.
struct Modules<'m> {
    images: Option<(Images, &'m Module)>,
    metadata: Option<(Metadata, &'m Module)>,
    names: (NamesAndTypes, &'m Module),
    groups: Option<(Groups, &'m Module)>,
}

/// Plans a pipeline that begins with Images, Metadata, NamesAndTypes and Groups.
pub(super) fn plan(
    images: Option<&Module>,
    metadata: Option<&Module>,
    names: &Module,
    groups: Option<&Module>,
    input: Input<'_>,
    each: &mut dyn FnMut(ImageSet),
) -> Result<Plan<()>, PlanError> {
    let modules = read(images, metadata, names, groups)?;
    let number = names.number;
    let urls = filtered(&modules, input.urls)?;
    let none = Metadata { wanted: false, types: None, methods: Vec::new() };
    let metadata = modules.metadata.as_ref().map_or(&none, |(settings, _)| settings);
    let extractor = Extractor::new(metadata, input.input_folder, input.output_folder, input.files)?;
    let mut warnings = check_patterns(&modules, &urls)?;
    let mut texts = Texts::default();
    let mut planes: Vec<Arc<Plane>> = Vec::new();
    for url in urls {
        planes.extend(extractor.planes(&url, input.files, &mut texts)?);
    }
    drop(texts);
    let available = |key: &str| metadata.wanted && extractor.keys().contains(key);
    let comparison =
        |key: &str| if available(key) { metadata.comparison(key) } else { Comparison::CaseSensitive };
    let settings = &modules.names.0;
    let assigned = assign(settings, &planes, &comparison, number)?;
    drop(planes);
    let left_out = assigned.warnings.len();
    warnings.extend(assigned.warnings);
    if assigned.image_sets.is_empty() {
        let mut reason = "no image set has all of its channels".to_string();
        if left_out > 0 {
            reason
                .push_str(&format!("; first of {left_out} reasons: {}", warnings[warnings.len() - left_out]));
        }
        return Err(InputError::NoImageSets { module: number, name: names.name.clone(), reason }.into());
    }
    let mut collected = collect(settings, &assigned.image_sets, &comparison);
    // Keys that the Metadata module promises are written even where no image set has a value.
    for key in extractor.keys().iter().filter(|key| available(key)) {
        if metadata.types.as_ref().is_none_or(|types| types.get(key) != Some(&DataType::None)) {
            collected.entry(key.clone()).or_insert_with(|| vec![None; assigned.image_sets.len()]);
        }
    }
    let keys = modules.groups.as_ref().map(|(g, _)| g.keys.clone()).unwrap_or_default();
    if let Some((_, module)) = &modules.groups {
        check_keys(&keys, collected.keys().map(String::as_str).collect(), module, "Metadata category")?;
    }
    // The metadata of the image set that comes at a place before it is grouped.
    let cells = |i: usize| -> Result<Vec<(&String, Cell, bool)>, InputError> {
        let of_key = |(key, values): (&'_ String, &'_ Vec<Option<String>>)| {
            let kind = if available(key) { metadata.column_type(key) } else { DataType::Text };
            let cell = typed(key, values[i].as_deref(), kind, number, i + 1)?;
            Ok((cell, values[i].is_some()))
        };
        collected
            .iter()
            .map(|(key, values)| of_key((key, values)).map(|(cell, is)| (key, cell, is)))
            .collect()
    };
    let mut values = Vec::new();
    for i in 0..assigned.image_sets.len() {
        let cells = cells(i)?;
        let of = |key: &String| cells.iter().find(|(known, _, is)| *is && *known == key);
        values.push(keys.iter().map(|key| group_value(of(key).map(|(_, cell, _)| cell))).collect());
    }
    for place in group(values) {
        let mut set = image_set(settings, &assigned.image_sets[place.before]);
        for (key, cell, is) in cells(place.before)? {
            if is {
                set.metadata.insert(key.clone(), cell.to_string());
            }
            set.columns.push((format!("Metadata_{key}"), cell));
        }
        each(place.number(set));
    }
    let experiment = experiment(settings, &keys);
    Ok(Plan { grouping: keys, experiment, warnings, ..Plan::default() })
}

fn read<'m>(
    images: Option<&'m Module>,
    metadata: Option<&'m Module>,
    names: &'m Module,
    groups: Option<&'m Module>,
) -> Result<Modules<'m>, PlanError> {
    fn one<'m, T>(
        module: Option<&'m Module>,
        read: fn(&Module) -> Result<T, Vec<Problem>>,
        problems: &mut Vec<Problem>,
    ) -> Option<(T, &'m Module)> {
        let module = module?;
        read(module).map_err(|found| problems.extend(found)).ok().map(|settings| (settings, module))
    }
    let mut problems = Vec::new();
    let images = one(images, Images::read, &mut problems);
    let metadata = one(metadata, Metadata::read, &mut problems);
    let names = one(Some(names), NamesAndTypes::read, &mut problems);
    let groups = one(groups, Groups::read, &mut problems);
    match names {
        Some(names) if problems.is_empty() => Ok(Modules { images, metadata, names, groups }),
        _ => Err(PlanError::Settings(problems)),
    }
}

fn filtered(modules: &Modules<'_>, urls: &[String]) -> Result<Vec<String>, InputError> {
    let example = urls.first().ok_or(InputError::NoFiles)?;
    let Some((images, module)) = &modules.images else { return Ok(urls.to_vec()) };
    let passed = images.pass(urls);
    if passed.is_empty() {
        let (files, example) = (urls.len(), example.clone());
        return Err(InputError::NothingPasses { module: module.number, files, example });
    }
    Ok(passed)
}

/// Finds expressions that match no file: an error where what they extract is needed, else a warning.
fn check_patterns(modules: &Modules<'_>, urls: &[String]) -> Result<Vec<String>, InputError> {
    let Some((metadata, module)) = modules.metadata.as_ref().filter(|(m, _)| m.wanted) else {
        return Ok(Vec::new());
    };
    let needed = needed_keys(modules);
    let mut warnings = Vec::new();
    for method in &metadata.methods {
        let (pattern, setting, text): (_, _, fn(&str) -> String) = match &method.source {
            Source::FileName(p) => (p, "Regular expression to extract from file name", file_name),
            Source::FolderName(p) => (p, "Regular expression to extract from folder name", folder_name),
            _ => continue,
        };
        let tried: Vec<&String> =
            urls.iter().filter(|url| method.filter.as_ref().is_none_or(|f| f.holds_for_file(url))).collect();
        let Some(first) = tried.first() else { continue };
        if tried.iter().any(|url| pattern.is_found_in(&text(url))) {
            continue;
        }
        let error = InputError::PatternMatchesNothing {
            module: module.number,
            setting,
            expression: pattern.as_str().to_string(),
            files: tried.len(),
            example: text(first),
        };
        if pattern.names().any(|name| needed.contains(name)) {
            return Err(error);
        }
        warnings.push(error.to_string());
    }
    Ok(warnings)
}

/// The metadata keys that image sets cannot be made without.
fn needed_keys(modules: &Modules<'_>) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    if let Assignment::Rules { channels, matching, .. } = &modules.names.0.assignment {
        let mut keys = Vec::new();
        channels.iter().for_each(|(rule, _)| rule.metadata_keys(&mut keys));
        needed.extend(keys.into_iter().map(String::from));
        if let Matching::Metadata(joins) = matching {
            needed.extend(joins.iter().flat_map(|join| join.values()).flatten().cloned());
        }
    }
    needed.extend(modules.groups.iter().flat_map(|(g, _)| g.keys.iter().cloned()));
    needed
}

fn image_set(settings: &NamesAndTypes, images: &[Stack]) -> ImageSet {
    let mut set = ImageSet::default();
    for (channel, stack) in settings.channels().into_iter().zip(images) {
        let plane = stack.first();
        let (file, folder) = (file_name(&plane.url), folder_name(&plane.url));
        let prefix = if channel.role == Role::Objects { "Objects" } else { "" };
        let mut add =
            |category: &str, cell| set.columns.push((format!("{prefix}{category}_{}", channel.name), cell));
        add("URL", Cell::Text(plane.url.to_string()));
        add("PathName", Cell::Text(folder.clone()));
        add("FileName", Cell::Text(file.clone()));
        add("Series", Cell::Integer(plane.series as i64));
        add("Frame", Cell::Integer(plane.index as i64));
        add("Channel", Cell::Integer(stack.channel));
        let frame = match stack.channel {
            Stack::INTERLEAVED => Some(plane.index).filter(|i| *i > 0),
            Stack::OBJECT_PLANES => None,
            _ => Some(plane.index),
        };
        let planes = if stack.planes.len() > 1 {
            stack.planes.iter().map(|p| (url_to_path(&p.url), Some(p.index))).collect()
        } else {
            Vec::new()
        };
        let rescale = if channel.role == Role::Objects { Rescale::Off } else { channel.rescale };
        set.channels.push(Channel {
            name: channel.name.clone(),
            role: channel.role,
            location: url_to_path(&plane.url),
            file_name: file,
            path_name: folder,
            url: plane.url.to_string(),
            series: Some(plane.series),
            frame,
            colour_channel: None,
            planes,
            spacing: settings.volume,
            rescale,
        });
    }
    set.columns.push(("ImageSet_ImageSet".into(), Cell::Text(String::new())));
    set
}

/// A metadata value by its type. A missing text is empty; a missing number is what CellProfiler fails on.
fn typed(
    key: &str,
    value: Option<&str>,
    kind: DataType,
    module: usize,
    set: usize,
) -> Result<Cell, InputError> {
    let not_number = || InputError::NotNumber {
        module,
        key: key.to_string(),
        value: value.unwrap_or_default().to_string(),
        place: format!("image set {set}"),
    };
    match (kind, value) {
        (DataType::Integer, Some(value)) => integer(value).map(Cell::Integer).ok_or_else(not_number),
        (DataType::Float, Some(value)) => float(value).map(Cell::Float).ok_or_else(not_number),
        (_, value) => Ok(Cell::Text(value.unwrap_or_default().to_string())),
    }
}

/// What CellProfiler notes of the run: the channels' types and the keys that match and group.
fn experiment(settings: &NamesAndTypes, group_keys: &[String]) -> Vec<(String, String)> {
    let mut noted: Vec<(String, String)> = settings
        .channels()
        .iter()
        .map(|channel| {
            let kind = match channel.role {
                Role::Grayscale | Role::AsStored => "Grayscale",
                Role::Color => "Color",
                Role::Mask => "Mask",
                Role::Objects => "Objects",
                Role::Illumination => "Function",
            };
            (format!("ChannelType_{}", channel.name), kind.to_string())
        })
        .collect();
    if let Assignment::Rules { matching, .. } = &settings.assignment {
        let tags = match matching {
            Matching::Order => vec!["ImageNumber".to_string()],
            Matching::Metadata(_) => settings.match_features(),
        };
        noted.push(("Metadata_Tags".into(), json_list(&tags)));
    }
    noted.push(("ImageSet_Zip_Dictionary".into(), String::new()));
    if !group_keys.is_empty() {
        let features: Vec<String> = group_keys.iter().map(|k| format!("Metadata_{k}")).collect();
        noted.push(("Metadata_GroupingTags".into(), json_list(&features)));
    }
    noted
}
