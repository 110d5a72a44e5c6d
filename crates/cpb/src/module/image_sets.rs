//! The arguments of `cpb module` that belong to an image set: their order matters, `--next` parts them.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches};
use engine::Source;
use engine::module_call::{GivenImageSet, ImageArgument, Measured, ObjectsArgument};
use std::sync::Arc;

/// What is given of each image set, as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageSetArgs {
    sets: Vec<Vec<(Given, String)>>,
}

/// What an argument gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Image,
    Objects,
    Measurements,
    Grid,
}

/// Name on the command line, what it gives, name of the value, help.
const ARGUMENTS: [(&str, Given, &str, &str); 4] = [
    (
        "image",
        Given::Image,
        "NAME=FILE.npy,…",
        "An image: bool, float32 or float64, (H,W) or (H,W,C). Options: mask=FILE, crop=FILE, dims=3 (a volume (Z,H,W) \
         or (Z,H,W,C)), spacing=z:y:x, scale=4095 (the camera's full scale), objects=NAME (they mask it), file=NAME \
         and path=FOLDER it came from",
    ),
    (
        "objects",
        Given::Objects,
        "NAME=FILE.npy,…",
        "Labels: whole numbers (H,W) or (Z,H,W). Options: planes ((N,H,W), objects overlap), unedited=FILE, \
         small=FILE, parent=IMAGE",
    ),
    ("measurements", Given::Measurements, "FILE.json", "What was measured before, in the form of the output"),
    ("grid", Given::Grid, "NAME=FILE.json", "A grid of DefineGrid"),
];

impl clap::Args for ImageSetArgs {
    fn augment_args(command: Command) -> Command {
        let command = ARGUMENTS.iter().fold(command, |command, (name, _, value, help)| {
            let arg = Arg::new(*name).long(*name).value_name(*value).help(*help);
            command.arg(arg.action(ArgAction::Append).value_parser(clap::value_parser!(String)))
        });
        // A flag that keeps the place of each occurrence.
        let next = Arg::new("next").long("next").action(ArgAction::Append).num_args(0);
        let next = next.value_parser(clap::value_parser!(bool)).default_missing_value("true");
        command.arg(next.help("What follows belongs to the next image set"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ImageSetArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut found: Vec<(usize, Option<(Given, String)>)> = Vec::new();
        for (name, given, ..) in ARGUMENTS {
            let values = matches.get_many::<String>(name).into_iter().flatten();
            let places = matches.indices_of(name).into_iter().flatten();
            found.extend(places.zip(values).map(|(place, text)| (place, Some((given, text.clone())))));
        }
        if matches.value_source("next") == Some(ValueSource::CommandLine) {
            found.extend(matches.indices_of("next").into_iter().flatten().map(|place| (place, None)));
        }
        found.sort_by_key(|(place, _)| *place);
        let mut sets = vec![Vec::new()];
        for (_, argument) in found {
            match (argument, sets.last_mut()) {
                (Some(argument), Some(set)) => set.push(argument),
                _ => sets.push(Vec::new()),
            }
        }
        Ok(Self { sets })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl ImageSetArgs {
    /// Reads the files.
    ///
    /// # Errors
    /// When an argument reads otherwise than it should, a name is given twice to an image set, or a file cannot be
    /// read.
    pub fn load(&self, source: &dyn Source) -> Result<Vec<GivenImageSet>, String> {
        self.sets.iter().map(|arguments| load_set(arguments, source)).collect()
    }
}

fn load_set(arguments: &[(Given, String)], source: &dyn Source) -> Result<GivenImageSet, String> {
    let mut set = GivenImageSet::default();
    let mut measured = false;
    for (given, text) in arguments {
        let once = |before: bool| {
            if before {
                Err(format!("`{text}` is given to an image set that has it already"))
            } else {
                Ok(())
            }
        };
        match given {
            Given::Image => {
                let (name, image) = ImageArgument::parse(text)?.load(source)?;
                once(set.images.insert(name, Arc::new(image)).is_some())?;
            }
            Given::Objects => {
                let (name, objects) = ObjectsArgument::parse(text)?.load(source)?;
                once(set.objects.insert(name, Arc::new(objects)).is_some())?;
            }
            Given::Measurements => {
                once(measured)?;
                measured = true;
                set.measured =
                    Measured::parse(&read_text(source, text)?).map_err(|e| format!("`{text}`: {e}"))?;
            }
            Given::Grid => {
                let (name, file) =
                    text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=file.json"))?;
                let grid =
                    serde_json::from_str(&read_text(source, file)?).map_err(|e| format!("`{file}`: {e}"))?;
                once(set.grids.insert(name.to_string(), Arc::new(grid)).is_some())?;
            }
        }
    }
    Ok(set)
}

fn read_text(source: &dyn Source, file: &str) -> Result<String, String> {
    let bytes = source.read(file).map_err(|e| format!("cannot read `{file}`: {e}"))?;
    String::from_utf8(bytes).map_err(|_| format!("`{file}` is not text in UTF-8"))
}
