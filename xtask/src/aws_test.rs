//! What runs against AWS, run against the lab.

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
s3.put_object(Bucket='cpb-test', Key='private/file', Body=b'ours')
for mark in ['marks/', 'marks/empty/', 'marks/full/']:
    s3.put_object(Bucket='cpb-test', Key=mark, Body=b'')
s3.put_object(Bucket='cpb-test', Key='marks/full/file', Body=b'1')
s3.put_object(Bucket='cpb-test', Key='marks/zero', Body=b'')
";

pub fn run() -> Result<()> {
    let lab = Lab::start()?;
    lab.python(BUCKETS)?;
    let mut tests = lab.command("cargo");
    tests.args(["test", "--package", "storage", "--features", "s3", "--test", "suite", "--test", "s3"]);
    shell::check(tests.env("STORAGE_TEST_BUCKET", "s3://cpb-test"), "cargo test")
}
