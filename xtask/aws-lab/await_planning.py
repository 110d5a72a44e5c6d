"""Waits until a planning job has ended well, and says that it was one."""
import sys
import time

import boto3

batch, deadline = boto3.client("batch"), time.time() + 60
while True:
    jobs = [job for status in ("SUCCEEDED", "FAILED")
            for job in batch.list_jobs(jobQueue=sys.argv[1], jobStatus=status)["jobSummaryList"] if "-plan-" in job["jobName"]]
    if jobs:
        break
    assert time.time() < deadline, "no planning job ended"
    time.sleep(0.2)
assert len({job["jobId"] for job in jobs}) == 1 and jobs[0]["status"] == "SUCCEEDED", jobs
marks = boto3.client("s3").list_objects_v2(Bucket=sys.argv[2], Prefix=".cpb/planning/").get("Contents", [])
assert len(marks) == 1, marks
print("a job of Batch planned what was too large for the dispatcher")
