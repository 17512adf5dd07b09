"""Results of many calls, kept: a change of any number, method or refusal is seen at once.

calls/*.txt holds the calls, one a line; results/*.json what they returned. That a result is kept
does not make it true, which other tests show: it says that it has not changed. Where a change is
meant, `python -m tests.kept_results --accept` takes the new results, after printing what differs.
"""
