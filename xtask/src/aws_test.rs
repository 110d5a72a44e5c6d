//! What runs against AWS, run against the lab.

use crate::aws_flow;
use crate::lab::Lab;
use crate::shell;
use anyhow::Result;

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

pub fn run() -> Result<()> {
    let lab = Lab::start()?;
    lab.python(BUCKETS)?;
    let suites: [&[&str]; 2] = [
        &["--package", "storage", "--features", "storage/s3", "--test", "suite", "--test", "s3"],
        &["--package", "cpb", "--features", "cpb/aws", "--test", "remote"],
    ];
    suites.iter().try_for_each(|suite| {
        let mut tests = lab.command("cargo");
        tests.arg("test").args(*suite).env("STORAGE_TEST_BUCKET", "s3://cpb-test");
        shell::check(&mut tests, "cargo test")
    })?;
    aws_flow::run(&lab)
}
