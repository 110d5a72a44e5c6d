"""Takes the host away from the first child of an array job while it runs, and sees that Batch starts it once more."""
import os
import sys
import time

import boto3

batch, deadline = boto3.client("batch"), time.time() + 60


def describe(job):
    return batch.describe_jobs(jobs=[job])["jobs"][0]


def running():
    arrays = batch.list_jobs(jobQueue=sys.argv[1], jobStatus="PENDING")["jobSummaryList"]
    children = [describe(job["jobId"] + ":0") for job in arrays if "size" in job.get("arrayProperties", {})]
    return next((child for child in children if child["status"] == "RUNNING"), None)


def ended(child):
    job = describe(child)
    return job if job["status"] in ("SUCCEEDED", "FAILED") else None


def until(what, find):
    while not (found := find()):
        assert time.time() < deadline, f"not within a minute: {what}"
        time.sleep(0.05)
    return found


child = until("a child runs", running)["jobId"]
open(os.path.join(os.environ["AWS_LAB_STATE"], "reclaim", child), "w").close()
job = until("the child ends", lambda: ended(child))
assert job["status"] == "SUCCEEDED" and len(job["attempts"]) == 2, job
lost = job["attempts"][0]
assert lost["statusReason"].startswith("Host EC2") and "exitCode" not in lost["container"], job
