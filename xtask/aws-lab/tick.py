"""Sends what the clock sends, again and again as the clock does, until no job is open and none is being planned."""
import json
import sys
import time

import boto3

sqs, s3 = boto3.client("sqs"), boto3.client("s3")
queue = sqs.get_queue_url(QueueName=sys.argv[1])["QueueUrl"]
event = json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})
deadline = time.time() + 120
while True:
    sqs.send_message(QueueUrl=queue, MessageBody=event)
    time.sleep(2)
    open_jobs = [one["Key"] for prefix in (".cpb/open/", ".cpb/planning/")
                 for one in s3.list_objects_v2(Bucket=sys.argv[2], Prefix=prefix).get("Contents", [])]
    if not open_jobs:
        break
    assert time.time() < deadline, open_jobs
print("no job is open")
