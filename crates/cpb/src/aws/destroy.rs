//! `cpb destroy`: removes a stack.

use super::settings::{SettingsArgs, Which, aws_of};
use crate::exit::{Ended, Failed, Status};
use crate::jobs::places;
use aws::{Deployer, Stack};
use job::Address;
use std::io::{BufRead, IsTerminal};
use std::time::Duration;

/// Removes a stack; asks before
///
/// `batch` leaves the bucket and the images (stack data-cpb) unless --empty-bucket is given, or cpb.toml has the sample's
/// removal_policy = "destroy" and auto_delete_objects = true.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb destroy batch --empty-bucket && cpb destroy network")]
pub struct Args {
    /// The stack
    #[arg(value_enum)]
    stack: Which,

    #[command(flatten)]
    settings: SettingsArgs,

    /// Removes every object of the bucket, the bucket and the images too
    #[arg(long)]
    empty_bucket: bool,

    /// Does not ask
    #[arg(long)]
    yes: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let settings = args.settings.read()?;
    let aws = aws_of(&settings)?;
    let emulated = std::env::var_os("AWS_ENDPOINT_URL").is_some();
    let pause = Duration::from_millis(if emulated { 200 } else { 3000 });
    let deployer = Deployer { aws: &aws, settings: &settings, pause };
    let as_sample = settings.get("removal_policy") == Some("destroy")
        && settings.get("auto_delete_objects").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    let with_data = args.empty_bucket || as_sample;
    let stacks = match args.stack {
        Which::Network => vec![Stack::Network],
        Which::Data => vec![Stack::Data],
        Which::Batch if with_data => vec![Stack::Batch, Stack::Data],
        Which::Batch => vec![Stack::Batch],
    };
    for stack in stacks {
        let name = stack.name(settings.prefix());
        let Some(found) = deployer.find(stack).map_err(Failed::from_ledger)? else {
            eprintln!("there is no stack {name}");
            continue;
        };
        let data = stack == Stack::Data && with_data;
        let bucket = found.outputs.get("Bucket").filter(|_| data);
        let all = bucket.map(|bucket| format!(" and EVERY OBJECT of s3://{bucket}")).unwrap_or_default();
        if !args.yes && !agreed(&format!("Remove stack {name}{all}? [y/N] ")) {
            return Err(Failed::new(Status::Interrupted, format!("stack {name} is left as it is")));
        }
        if let Some(bucket) = bucket {
            empty(bucket)?;
        }
        let told = |line: &str| eprintln!("  {line}");
        deployer.destroy(stack, told).map_err(|e| Failed::new(Status::Input, e))?;
        eprintln!("stack {name} is removed");
        if stack == Stack::Batch && !with_data {
            eprintln!("the bucket and the images are kept: `cpb destroy data --empty-bucket` removes them");
        }
    }
    Ok(())
}

fn agreed(question: &str) -> bool {
    if !std::io::stdin().is_terminal() {
        eprintln!("cpb: --yes is needed where nobody can be asked");
        return false;
    }
    eprint!("{question}");
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.is_ok() && matches!(line.trim(), "y" | "Y" | "yes")
}

fn empty(bucket: &str) -> Ended {
    let address = Address::of_folder(&format!("s3://{bucket}"));
    let address = address.map_err(|e| Failed::new(Status::Internal, e))?;
    let store = places().folder(&address).map_err(Failed::from_ledger)?;
    let mut removed = 0;
    for meta in store.list("") {
        let key = meta.map_err(Failed::from_ledger)?.key;
        store.delete(&key).map_err(Failed::from_ledger)?;
        removed += 1;
    }
    eprintln!("{removed} objects of s3://{bucket} are removed");
    Ok(())
}
