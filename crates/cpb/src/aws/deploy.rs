//! `cpb deploy`: a stack, and what it needs.

use super::diff::print;
use super::image::{From, push};
use super::settings::{SettingsArgs, Which, aws_of};
use crate::exit::{Ended, Failed, Status};
use aws::image::bootstrap;
use aws::{Aws, Deployed, Deployer, Settings, Stack};
use job::Address;
use job::prices::{Item, LUSTRE_GB, MONTH, dollars};
use std::time::Duration;

/// Deploys a stack: shows the changes, then each resource as it gets further, and the outputs
///
/// `batch` makes the bucket and the repositories first (stack data-cpb), pushes the workers' image and uploads the dispatcher.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb deploy network && cpb deploy batch")]
pub struct Args {
    #[command(flatten)]
    deploy: DeployArgs,
}

/// What a deployment is made from.
#[derive(clap::Args, Clone)]
pub struct DeployArgs {
    /// The stack
    #[arg(value_enum)]
    stack: Which,

    #[command(flatten)]
    settings: SettingsArgs,

    /// The workers' image, where it has been pushed already
    #[arg(long, value_name = "URI")]
    image: Option<String>,

    #[command(flatten)]
    from: From,
}

/// All that a deployment needs.
pub struct Prepared {
    /// The services.
    pub aws: Aws,
    /// The settings.
    pub settings: Settings,
    args: DeployArgs,
}

/// Reads settings and credentials.
pub fn prepared(args: &DeployArgs) -> Result<Prepared, Failed> {
    let settings = args.settings.read()?;
    Ok(Prepared { aws: aws_of(&settings)?, settings, args: args.clone() })
}

impl Prepared {
    /// Returns the stacks to deploy, in order.
    pub fn stacks(&self) -> Vec<Stack> {
        match self.args.stack {
            Which::Network => vec![Stack::Network],
            Which::Data => vec![Stack::Data],
            Which::Batch => vec![Stack::Data, Stack::Batch],
        }
    }

    /// Returns what speaks to CloudFormation.
    pub fn deployer(&self) -> Deployer<'_> {
        let emulated = std::env::var_os("AWS_ENDPOINT_URL").is_some();
        let pause = Duration::from_millis(if emulated { 200 } else { 3000 });
        Deployer { aws: &self.aws, settings: &self.settings, pause }
    }

    /// Returns the parameters that depend on this program; with `send` it is also sent where it belongs.
    pub fn parameters(&self, stack: Stack, send: bool) -> Result<Vec<(&'static str, String)>, Failed> {
        if stack != Stack::Batch {
            return Ok(Vec::new());
        }
        let data = self.deployer().find(Stack::Data).map_err(Failed::from_ledger)?.unwrap_or_default();
        let output = |name: &str| data.outputs.get(name).cloned().unwrap_or_default();
        let binary = self.args.from.read()?;
        let zip = bootstrap(&binary).map_err(|e| Failed::new(Status::Input, e))?;
        let digest = aws::image::digest(&zip);
        let key = format!(".cpb/deploy/dispatcher-{}.zip", &digest["sha256:".len()..][..16]);
        if send {
            eprintln!("dispatcher: {} MB to s3://{}/{key}", zip.len() / 1_000_000, output("Bucket"));
            let address = Address::of_folder(&format!("s3://{}", output("Bucket")));
            let address = address.map_err(|e| Failed::new(Status::Internal, e))?;
            let store = crate::jobs::places().folder(&address).map_err(Failed::from_ledger)?;
            store.put(&key, zip).map_err(Failed::from_ledger)?;
        }
        let image = match &self.args.image {
            Some(image) => image.clone(),
            None => {
                let image = self.args.from.image()?;
                let uri = format!("{}:{}", output("NativeRepository"), image.tag());
                if send {
                    eprintln!("image: {} MB to {uri}", image.layer.len() / 1_000_000);
                    push(&uri, &image)?;
                }
                uri
            }
        };
        Ok(vec![("DispatcherKey", key), ("NativeImage", image)])
    }
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let prepared = prepared(&args.deploy)?;
    say_price(&prepared.settings, args.deploy.stack, prepared.aws.region());
    for stack in prepared.stacks() {
        let more = prepared.parameters(stack, true)?;
        let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let deployer = prepared.deployer();
        let (set, changes) = deployer.change_set(stack, &more).map_err(Failed::from_ledger)?;
        println!("{}", stack.name(prepared.settings.prefix()));
        print(&changes);
        let deployed = if changes.is_empty() {
            deployer.find(stack).map_err(Failed::from_ledger)?.unwrap_or_default()
        } else {
            let told = |line: &str| eprintln!("  {line}");
            deployer.execute(stack, &set, told).map_err(|e| Failed::new(Status::Input, e))?
        };
        outputs(&deployed);
    }
    Ok(())
}

fn outputs(deployed: &Deployed) {
    println!("  {}", deployed.status);
    deployed.outputs.iter().for_each(|(name, value)| println!("  {name} = {value}"));
}

/// Says what costs money while nothing runs.
fn say_price(settings: &Settings, stack: Which, region: &str) {
    let month = |item, count: f64| dollars(item, region) * count;
    let (what, price) = match (stack, settings.get("network"), settings.get("storage")) {
        (Which::Network, Some("nat"), _) => ("the NAT gateway costs", month(Item::Nat, MONTH)),
        (Which::Network, Some("endpoints"), _) => {
            ("six end points in two zones cost", month(Item::EndPoint, 12.0 * MONTH))
        }
        (Which::Batch, _, Some("lustre")) => ("1.2 TB of Lustre cost", month(Item::Lustre, LUSTRE_GB)),
        _ => return,
    };
    eprintln!("cpb: {what} about {price:.0} US dollars a month, also while nothing runs");
}
