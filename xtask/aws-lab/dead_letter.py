"""Sends a message that nobody can use and waits until it is a dead letter; it comes back after a second, not after twenty minutes."""
import sys
import time

import boto3

sqs = boto3.client("sqs")
url = lambda name: sqs.get_queue_url(QueueName=name)["QueueUrl"]
queue, dead = url(sys.argv[1]), url(sys.argv[1] + "-dlq")
attribute = lambda of, name: sqs.get_queue_attributes(QueueUrl=of, AttributeNames=[name])["Attributes"][name]
usual = attribute(queue, "VisibilityTimeout")
sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
time.sleep(2)  # a poll that has begun still hides what it gets for as long as was usual when it began
sqs.send_message(QueueUrl=queue, MessageBody=sys.argv[2])
deadline = time.time() + 120
while int(attribute(dead, "ApproximateNumberOfMessages")) == 0:
    assert time.time() < deadline, "it did not become a dead letter"
    time.sleep(0.2)
sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": usual})
