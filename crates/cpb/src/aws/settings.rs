use crate::exit::{Failed, Status};
use aws::{Aws, Settings};
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

/// Where the settings of a deployment are.
#[derive(clap::Args, Clone)]
pub struct SettingsArgs {
    /// The settings of the deployment; without the file, the templates' defaults
    #[arg(long, value_name = "FILE", default_value = "cpb.toml")]
    pub settings: PathBuf,
}

impl SettingsArgs {
    /// Reads the settings.
    pub fn read(&self) -> Result<Settings, Failed> {
        match fs::read_to_string(&self.settings) {
            Ok(text) => Settings::parse(&text).map_err(|e| Failed::new(Status::Usage, e)),
            Err(error) if error.kind() == ErrorKind::NotFound && self.settings.as_os_str() == "cpb.toml" => {
                Ok(Settings::default())
            }
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", self.settings.display());
                Err(Failed::new(Status::Usage, message))
            }
        }
    }
}

/// Which stack: `network`, `data`, `batch`.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The VPC
    Network,
    /// Bucket and repositories; deployed with batch
    Data,
    /// Queue, dispatcher and Batch
    Batch,
}

impl From<Which> for aws::Stack {
    fn from(which: Which) -> Self {
        match which {
            Which::Network => Self::Network,
            Which::Data => Self::Data,
            Which::Batch => Self::Batch,
        }
    }
}

/// Speaks to AWS, in the region of the settings if they have one.
pub fn aws_of(settings: &Settings) -> Result<Aws, Failed> {
    let aws = Aws::from_environment().map_err(|e| Failed::new(Status::Usage, e))?;
    match settings.get("region") {
        Some(region) if region != aws.region() => {
            let (ours, theirs) = (region, aws.region());
            Err(Failed::new(
                Status::Usage,
                format!(
                    "cpb.toml says region `{ours}`, the environment `{theirs}`: set AWS_REGION={ours}, or leave it out of cpb.toml"
                ),
            ))
        }
        _ => Ok(aws),
    }
}
