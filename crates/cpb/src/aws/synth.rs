//! `cpb synth`: the templates.

use super::settings::Which;
use crate::exit::Ended;
use aws::Stack;

/// Prints the CloudFormation template of a stack, YAML
///
/// Any tool of CloudFormation deploys it: its parameters have defaults and descriptions.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb synth network > network.yaml")]
pub struct Args {
    /// The stack
    #[arg(value_enum)]
    stack: Which,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    print!("{}", Stack::from(args.stack).template());
    Ok(())
}
