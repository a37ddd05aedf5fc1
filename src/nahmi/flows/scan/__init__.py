# SPDX-License-Identifier: Apache-2.0
"""Scanning sources for known content: many workers, one search a batch, nothing done twice."""

from nahmi.flows.scan.job import Job, Robustness
from nahmi.flows.scan.journal import Journal
from nahmi.flows.scan.record import MatchRecord, Outcome, Record, Summary
from nahmi.flows.scan.results import check_format, write_results
from nahmi.flows.scan.run import scan

__all__ = [
    "Job",
    "Journal",
    "MatchRecord",
    "Outcome",
    "Record",
    "Robustness",
    "Summary",
    "check_format",
    "scan",
    "write_results",
]
