//! What runs against AWS, run against the lab.

use crate::lab::Lab;
use crate::shell;
use crate::{aws_faults, aws_flow, aws_images};
use anyhow::Result;
use std::path::PathBuf;

#[derive(clap::Args, Default)]
pub struct Args {
    /// Runs this part alone
    #[arg(value_enum)]
    part: Option<Part>,

    /// A static program that is built already
    #[arg(long, value_name = "FILE")]
    cpb: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The tests of the crates that speak to S3
    Suites,
    /// The containers' images, pushed, pulled and run
    Images,
    /// From a message to results, in containers
    Flow,
    /// What may go wrong, at every call
    Faults,
}

/// Buckets that the tests expect: one of ours, one that anybody may read.
const BUCKETS: &str = "
import boto3
s3 = boto3.client('s3')
for name in ['cpb-test', 'cpb-public']:
    s3.create_bucket(Bucket=name)
s3.put_bucket_acl(Bucket='cpb-public', ACL='public-read')
s3.put_object(Bucket='cpb-public', Key='open/file', Body=b'anybody', ACL='public-read')
s3.put_object(Bucket='cpb-public', Key='web/site2_DNA.tif', ACL='public-read',
              Body=open('crates/conformance/golden/images/site2_DNA.tif', 'rb').read())
s3.put_object(Bucket='cpb-test', Key='private/file', Body=b'ours')
for mark in ['marks/', 'marks/empty/', 'marks/full/']:
    s3.put_object(Bucket='cpb-test', Key=mark, Body=b'')
s3.put_object(Bucket='cpb-test', Key='marks/full/file', Body=b'1')
s3.put_object(Bucket='cpb-test', Key='marks/zero', Body=b'')
";

pub fn run(args: &Args) -> Result<()> {
    let wanted = |part: Part| args.part.is_none_or(|only| only == part);
    let lab = Lab::start()?;
    if wanted(Part::Suites) {
        suites(&lab)?;
    }
    if wanted(Part::Faults) {
        aws_faults::run(&lab)?;
    }
    if !wanted(Part::Images) && !wanted(Part::Flow) {
        return Ok(());
    }
    let cpb = args.cpb.clone().map_or_else(aws_flow::static_cpb, Ok)?;
    if wanted(Part::Images) {
        aws_images::run(&lab, &cpb)?;
    }
    if wanted(Part::Flow) {
        aws_flow::run(&lab, &cpb)?;
    }
    Ok(())
}

fn suites(lab: &Lab) -> Result<()> {
    lab.python(BUCKETS)?;
    let suites: [&[&str]; 2] = [
        &["--package", "storage", "--features", "storage/s3", "--test", "suite", "--test", "s3"],
        &["--package", "cpb", "--features", "cpb/aws", "--test", "remote"],
    ];
    suites.iter().try_for_each(|suite| {
        let mut tests = lab.command("cargo");
        tests.arg("test").args(*suite).env("STORAGE_TEST_BUCKET", "s3://cpb-test");
        shell::check(&mut tests, "cargo test")
    })
}
