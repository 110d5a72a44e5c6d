//! `cpb plan`: what a message would do, before it is paid for.

use super::bucket::{BucketArgs, not_planned, places, read_messages, request};
use super::prices::PriceArgs;
use crate::exit::{Ended, Failed};
use job::cost::{Estimate, estimate};
use job::plan::{JobPlan, plan_job};
use job::prices::Prices;
use serde_json::{Value, json};

/// Says what a message would do: image sets, groups, shards, engine, missing files; computes nothing
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb plan --bucket bucket message.json --json")]
pub struct Args {
    /// A file with a message or an array of them, `-` for standard input, or the JSON itself
    #[arg(value_name = "MESSAGE")]
    message: String,

    #[command(flatten)]
    bucket: BucketArgs,

    /// Processors that would work on it, for the estimate of the time
    #[arg(long, value_name = "N", default_value_t = 4)]
    cpus: u32,

    /// Objects of each kind in an image set, for the estimate of the time; 200 a million pixels by default
    #[arg(long, value_name = "N")]
    objects: Option<f64>,

    #[command(flatten)]
    prices: PriceArgs,

    /// Prints JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let places = places();
    let prices = args.prices.prices();
    let bucket = args.bucket.address()?;
    let mut plans = Vec::new();
    for message in read_messages(&args.message)? {
        let plan = plan_job(&places, request(message, &bucket)?).map_err(|error| not_planned(&error))?;
        if args.json {
            plans.push(to_json(
                &plan,
                estimate(&places, &plan, args.objects).as_ref(),
                args,
                prices.as_ref(),
            ));
        } else {
            print(&plan);
            if let Some(estimate) = estimate(&places, &plan, args.objects) {
                print_estimate(&estimate, args, prices.as_ref());
            }
        }
    }
    if args.json {
        println!("{:#}", json!(plans));
    }
    Ok(())
}

fn to_json(
    plan: &JobPlan,
    estimate: Option<&Estimate>,
    args: &Args,
    prices: Result<&Prices, &Failed>,
) -> Value {
    json!({
        "job": plan.job,
        "engine": plan.engine,
        "image_sets": plan.plan.image_sets.len(),
        "grouping": plan.plan.grouping,
        "groups": plan.groups,
        "unit": plan.unit,
        "shards": plan.shards.len(),
        "input_bytes": plan.input_bytes,
        "estimate": estimate,
        "wall_seconds": estimate.map(|e| e.cpu_seconds / f64::from(args.cpus.max(1))),
        "cost": estimate.zip(prices.ok()).map(|(e, prices)| e.cost(prices)),
        "prices": prices.ok(),
        "missing": plan.missing,
        "left_out": plan.plan.warnings,
        "input": plan.request.input,
        "output": plan.request.output,
    })
}

fn print_estimate(estimate: &Estimate, args: &Args, prices: Result<&Prices, &Failed>) {
    let Estimate { cpu_seconds, memory_mib, uncertain_by, reads, writes, .. } = estimate;
    let wall = cpu_seconds / f64::from(args.cpus.max(1));
    println!("  requests    {reads} to read images, {writes} or more to write");
    println!(
        "  estimate    {cpu_seconds:.0} CPU seconds, {wall:.0} s on {} processors, {memory_mib} MiB an image set at once; a \
         factor of {uncertain_by} either way",
        args.cpus
    );
    match prices {
        Ok(prices) => println!(
            "  cost        {:.2} US dollars on demand ({} machines, {})",
            estimate.cost(prices),
            prices.machine,
            prices.region
        ),
        Err(unknown) => println!("  cost        unknown: {unknown}"),
    }
}

fn print(plan: &JobPlan) {
    let sets = plan.plan.image_sets.len();
    println!("job {}: {} → {}", plan.job, plan.request.input, plan.request.output);
    println!("  engine      {} {}: {}", plan.engine.name, plan.engine.version, plan.engine.reason);
    if plan.plan.grouping.is_empty() {
        println!("  image sets  {sets}");
    } else {
        println!("  image sets  {sets} in {} groups by {}", plan.groups, plan.plan.grouping.join(", "));
    }
    println!("  shards      {}", plan.shards.len());
    println!("  to read     {:.1} MB", plan.input_bytes as f64 / 1e6);
    for warning in &plan.plan.warnings {
        println!("  left out    {warning}");
    }
    for missing in &plan.missing {
        println!("  missing     {missing}");
    }
}
