"""The correlator: gives CloudEvents to the runs and schedules that wait for them.

Theory of operation. The orchestrator writes who waits for what to the topic `subscriptions`: one record for each event
type, in the partition where events of that type lie, and one in every partition for those who take events of any type.
So a process that works on partition 3 of `cloudevents` needs partition 3 of `subscriptions` and nothing else. That is
its Faust table, with the topic as its changelog: recovered and then followed by Faust.

A matching event becomes a `DeliverEvent` command; the run is the judge and may refuse it. Deliveries are at-least-once
with ids derived from subscription and event. Events are acknowledged when their deliveries are in the log.

A subscription is for the events that came after the command that opened it, by the timestamps the broker gave both.
As it is read here a little later, the newest events are kept in memory; what memory has lost is read again.

index.py    finding the subscriptions an event fits
desk.py     one partition: who waits, what came, what is delivered; no I/O
store.py    the desks as a Faust table
work.py     what is done with fetches and new subscriptions
stage.py    the process, put together
"""
