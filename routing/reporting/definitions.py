"""What the figures mean, for people: shown by `centrala queues --help`."""

from __future__ import annotations

DEFINITIONS = (
    ("day", "from midnight to midnight, Europe/Warsaw; a stay counts on the day on which the caller began to wait"),
    ("offered", "stays in queues that are over = answered + abandoned + other; joining twice counts twice"),
    ("unfinished", "stays that still last; they are in no other figure"),
    ("abandoned", "the caller hung up before the answer; short: within short_abandon_seconds"),
    ("other", "neither: timeout, full, nobody logged in, failed; `outcomes` tells them apart"),
    ("in_time", "answered within service_level_seconds"),
    ("service_level", "in_time / (offered - short_abandoned)"),
    (
        "asa",
        "mean wait of the answered, in seconds, from the turn that led to the queue (what is told on the way is part "
        "of it, an earlier call is not) until a consultant answers; wait_p50, wait_p90, wait_p95: percentiles of it "
        "(nearest rank)",
    ),
    ("longest_wait", "of all that were offered"),
    ("talk, wrap_up, aht", "means per answered stay; aht = talk + wrap_up as far as it is on record"),
    ("occupancy", "time on the telephone and in wrap-up / time logged in without breaks, of all consultants"),
    (
        "estimates",
        "waits told on the way to a queue that the answer, or giving up after them, has proved right or wrong; "
        "estimates_right were answered within the range told; estimate_accuracy = estimates_right / estimates",
    ),
    (
        "callbacks",
        "asked for that day; callbacks_kept: the caller was reached and joined with a consultant; "
        "callbacks_not_reached: after the last try; callbacks_cancelled: by the caller. The others are to come. Their "
        "conversations are in talk, wrap_up and aht, and in no other figure of stays",
    ),
    ("transfers", "conversations after which the same call joined another queue"),
    ("calls", "calls that began that day and are over"),
    (
        "contained",
        "calls that ended in the IVR, heard information or an address (at least its beginning) and never "
        "asked for a consultant; containment = contained / calls",
    ),
)
