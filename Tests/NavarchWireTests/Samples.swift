// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel
import NavarchTestSupport

/// Random values in which every field differs from its default, so that a conversion that forgets one is seen.
struct Samples {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func text() -> String {
        let alphabet = Array("abcXYZ019 -_./:äß漢🙂\"\\\u{0}\n")
        let length = Int.random(in: 1...20, using: &generator)
        return String((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
    }
    mutating func int32() -> Int32 { Int32.random(in: 1...Int32.max, using: &generator) }
    mutating func int64() -> Int64 { Int64.random(in: 1...Int64.max, using: &generator) }
    mutating func double() -> Double { Double.random(in: 0.001...100, using: &generator) }
    mutating func uuid() -> UUID { UUID.random(using: &generator) }
    mutating func one<Value: CaseIterable>(of type: Value.Type = Value.self, not excluded: Value? = nil) -> Value
    where Value: Equatable {
        let values = Value.allCases.filter { $0 != excluded }
        guard let value = values.randomElement(using: &generator) else { preconditionFailure("\(type) has no cases") }
        return value
    }
    mutating func some<Value>(_ make: (inout Samples) -> Value) -> [Value] {
        (0..<Int.random(in: 1...4, using: &generator)).map { _ in make(&self) }
    }
    mutating func map() -> [String: String] {
        Dictionary(some { ($0.text(), $0.text()) }) { one, _ in one }
    }
    /// A moment between the years 1 and 9999.
    mutating func moment() -> Timestamp {
        Timestamp(
            microseconds: Int64.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &generator))
    }
    mutating func duration() -> Duration {
        .microseconds(Int64.random(in: -10_000_000_000_000...10_000_000_000_000, using: &generator))
    }
}

extension UUID {
    static func random(using generator: inout SeededGenerator) -> UUID {
        let (high, low) = (generator.next(), generator.next())
        let bytes = (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(($0 % 8) * 8)) }
        return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}

extension Samples {
    mutating func gpu() -> GPU {
        var gpu = GPU()
        gpu.index = int32()
        gpu.uuid = text()
        gpu.name = text()
        gpu.pciBusID = text()
        gpu.memoryTotal = int64()
        gpu.driverVersion = text()
        gpu.cudaVersion = text()
        gpu.fake = true
        return gpu
    }

    mutating func metadata() -> NodeMetadata {
        var metadata = NodeMetadata()
        metadata.hostname = text()
        metadata.internalIP = text()
        metadata.externalIP = text()
        metadata.kernelVersion = text()
        metadata.labels = map()
        return metadata
    }

    mutating func host() -> HostFacts {
        var host = HostFacts()
        host.bootID = text()
        host.machineID = text()
        host.cpuModel = text()
        host.cpuCount = int32()
        host.memoryTotal = int64()
        host.disks = some {
            var disk = HostFacts.Disk()
            disk.device = $0.text()
            disk.mountPoint = $0.text()
            disk.sizeTotal = $0.int64()
            return disk
        }
        host.operatingSystem = text()
        host.architecture = text()
        return host
    }

    mutating func registration() -> NodeRegistration {
        var registration = NodeRegistration()
        registration.provider = text()
        registration.region = text()
        registration.zone = text()
        registration.instanceType = text()
        registration.gpus = some { $0.gpu() }
        registration.metadata = metadata()
        registration.host = host()
        registration.agentVersion = text()
        registration.journalID = text()
        return registration
    }

    mutating func metrics() -> NodeMetrics {
        var metrics = NodeMetrics()
        metrics.cpuUsagePercent = double()
        metrics.memoryUsagePercent = double()
        metrics.gpus = some {
            var gpu = GPUMetrics()
            gpu.gpuIndex = $0.int32()
            gpu.temperature = $0.int32()
            gpu.powerUsage = $0.int32()
            gpu.utilizationPercent = $0.double()
            gpu.memoryUsed = $0.int64()
            return gpu
        }
        return metrics
    }

    mutating func checkResult() -> HealthCheckResult {
        HealthCheckResult(
            checkName: text(), status: one(not: .unknown), message: text(), observedAt: moment(), details: map())
    }

    mutating func commandResult() -> CommandResult {
        var result = CommandResult()
        result.exitCode = int32()
        result.message = text()
        result.output = text()
        result.truncated = true
        result.json = text()
        return result
    }

    mutating func token() -> LeaseToken {
        LeaseToken(command: CommandID(uuid()), attempt: int32(), lease: LeaseID(uuid()))
    }

    mutating func node() -> Node {
        Node(
            id: NodeID(text()), key: NodeKey(int32()), registration: registration(), lifecycle: one(), schedule: one(),
            condition: one(), health: one(not: .unknown), statusReason: text(), reachable: true, lastSeen: moment(),
            lastHealthCheck: moment(), registeredAt: moment(), revision: int64())
    }

    mutating func command() -> Command {
        Command(
            id: CommandID(uuid()), nodeID: NodeID(text()), nodeKey: NodeKey(int32()), sequence: int64(), type: one(),
            parameters: map(), reason: text(), issuedBy: text(), idempotencyKey: text(), state: one(),
            attempt: int32(), issuedAt: moment(), notAfter: moment(), runTimeout: duration(), startedAt: moment(),
            finishedAt: moment(), progress: CommandProgress(percent: double(), message: text()), progressAt: moment(),
            result: commandResult(), cancelRequested: true, outOfContact: true)
    }
}
