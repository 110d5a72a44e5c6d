//! `cpb diff`: what a deployment would change.

use super::deploy::{DeployArgs, prepared};
use crate::exit::{Ended, Failed};
use aws::Change;

/// Shows what `cpb deploy` would change, and changes nothing
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb diff batch")]
pub struct Args {
    #[command(flatten)]
    deploy: DeployArgs,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let prepared = prepared(&args.deploy)?;
    for stack in prepared.stacks() {
        let deployer = prepared.deployer();
        let more = prepared.parameters(stack, false)?;
        let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (set, changes) = deployer.change_set(stack, &more).map_err(Failed::from_ledger)?;
        println!("{}", stack.name(prepared.settings.prefix()));
        print(&changes);
        if !changes.is_empty() {
            deployer.forget(stack, &set).map_err(Failed::from_ledger)?;
        }
    }
    Ok(())
}

/// Prints changes, a line each.
pub fn print(changes: &[Change]) {
    if changes.is_empty() {
        println!("  nothing changes");
    }
    for Change { action, resource, kind, replacement } in changes {
        let replaced = if replacement == "True" { "  made anew" } else { "" };
        println!("  {action:<8} {resource:<24} {kind}{replaced}");
    }
}
