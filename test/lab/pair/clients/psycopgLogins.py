"""Logs in as stdin says, one JSON object of psycopg's connection parameters a line; answers each with `in` or why not."""

import json
import sys

import psycopg

for line in sys.stdin:
    try:
        with psycopg.connect(**json.loads(line), connect_timeout=10) as connection:
            connection.execute("select 1")
        print("in", flush=True)
    except psycopg.OperationalError as error:
        print(" ".join(str(error).split()), flush=True)
