//! `cpb cost`: what a job has cost.

use super::bucket::{JobArgs, places};
use super::prices::PriceArgs;
use crate::exit::{Ended, Failed};
use job::bill::{Bill, bill};
use serde_json::json;

/// Says what a job has cost so far at AWS's list prices: processors, requests, Lustre; and what its results cost a month
///
/// From the ledger alone: processors × seconds of every shard and merge, requests as they were counted. Of a job of this
/// machine it is what the same would have cost there. docs/COST.md has the prices with their dates.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cpb cost --bucket s3://bucket
  cpb cost 0123456789abcdef0123 --region eu-central-1 --machine c7g --json")]
pub struct Args {
    #[command(flatten)]
    job: JobArgs,

    #[command(flatten)]
    prices: PriceArgs,

    /// Prints JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let prices = args.prices.prices()?;
    let (ledger, _) = args.job.find(&places())?;
    let bill = bill(&ledger, prices).map_err(Failed::from_ledger)?;
    if args.json {
        println!("{:#}", json!(bill));
    } else {
        print(ledger.job().as_str(), &bill);
    }
    Ok(())
}

fn print(job: &str, bill: &Bill) {
    let Bill { prices, computed, cpu_seconds, processor_seconds, reads, writes, lustre_hours, .. } = bill;
    println!("job {job}: {computed} image sets, {} machines, {}, US dollars", prices.machine, prices.region);
    println!(
        "  compute   {:>10.4}  {processor_seconds:.0} processor seconds, {cpu_seconds:.0} of them in modules; about {:.4} on spot hosts",
        bill.compute, bill.compute_spot
    );
    println!("  requests  {:>10.4}  {reads} reads, {writes} writes", bill.requests);
    if *lustre_hours > 0.0 {
        println!("  Lustre    {:>10.4}  {lustre_hours:.2} hours", bill.lustre);
    }
    println!("  sum       {:>10.4}", bill.sum);
    println!(
        "  a month   {:>10.4}  {:.1} MB of results",
        bill.stored_a_month,
        bill.stored_bytes as f64 / 1e6
    );
}
