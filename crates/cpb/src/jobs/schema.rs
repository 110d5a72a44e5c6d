//! `cpb schema`: what a message may hold.

use crate::exit::Ended;

/// Prints the JSON Schema of messages
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb schema > message.schema.json")]
pub struct Args {}

/// Runs the verb.
pub fn run(_: &Args) -> Ended {
    println!("{:#}", job::schema());
    Ok(())
}
