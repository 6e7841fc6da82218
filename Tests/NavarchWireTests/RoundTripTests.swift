// SPDX-License-Identifier: MIT
import NavarchModel
import SwiftProtobuf
import Testing

@testable import NavarchWire

/// Values that travel both ways come back as they were, through both encodings.
@Suite struct RoundTripTests {
    static let seeds = Array(UInt64(1)...60)

    /// Encodes and decodes `message` in both formats, and expects the same message.
    private func wired<M: Message & Equatable>(_ message: M, seed: UInt64) throws -> M {
        let binary = try M(serializedBytes: message.serializedBytes() as [UInt8])
        let json = try M(jsonUTF8Bytes: message.jsonUTF8Bytes() as [UInt8])
        #expect(binary == message, "seed \(seed)")
        #expect(json == message, "seed \(seed)")
        return binary
    }

    @Test(arguments: seeds) func registrations(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let (id, registration) = (NodeID(samples.text()), samples.registration())
        let wire = try wired(Navarch_V1_RegisterNodeRequest(id, registration), seed: seed)
        #expect(wire.nodeID == id.rawValue)
        #expect(NodeRegistration(wire) == registration, "seed \(seed)")
    }

    @Test(arguments: seeds) func metrics(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let metrics = samples.metrics()
        #expect(try NodeMetrics(wired(Navarch_V1_NodeMetrics(metrics), seed: seed)) == metrics, "seed \(seed)")
    }

    @Test(arguments: seeds) func checkResults(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let result = samples.checkResult()
        let wire = try wired(Navarch_V1_HealthCheckResult(result), seed: seed)
        #expect(HealthCheckResult(wire) == result, "seed \(seed)")
    }

    @Test(arguments: seeds) func healthEvents(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let systems = Navarch_V1_HealthWatchSystem.allCases + [.UNRECOGNIZED(77)]
        let types = Navarch_V1_HealthEventType.allCases + [.UNRECOGNIZED(99)]
        let event = HealthEvent(
            observedAt: samples.moment(), gpuIndex: -1, gpuUUID: samples.text(),
            system: systems[Int(seed) % systems.count].protoName, type: types[Int(seed) % types.count].protoName,
            metrics: samples.map(), message: samples.text())
        #expect(try HealthEvent(wired(Navarch_V1_HealthEvent(event), seed: seed)) == event, "seed \(seed)")
    }

    @Test(arguments: seeds) func results(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let result = samples.commandResult()
        #expect(try CommandResult(wired(Navarch_V1_CommandResult(result), seed: seed)) == result, "seed \(seed)")
    }

    @Test(arguments: seeds) func progress(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let (progress, moment) = (CommandProgress(percent: samples.double(), message: samples.text()), samples.moment())
        let wire = try wired(Navarch_V1_CommandProgress(progress, at: moment), seed: seed)
        #expect(CommandProgress(wire) == progress, "seed \(seed)")
        #expect(Timestamp(wire.reportedAt) == moment, "seed \(seed)")
    }

    @Test(arguments: seeds) func leaseTokens(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let token = samples.token()
        #expect(try LeaseToken(wired(Navarch_V1_LeaseToken(token), seed: seed)) == token, "seed \(seed)")
    }

    @Test(arguments: seeds) func momentsAndSpans(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let (moment, span) = (samples.moment(), samples.duration())
        let wire = Google_Protobuf_Timestamp(moment)
        #expect(wire.isInRange)
        #expect(try Timestamp(wired(wire, seed: seed)) == moment, "seed \(seed)")
        let wireSpan = Google_Protobuf_Duration(span)
        #expect(wireSpan.isInRange)
        #expect(try Duration(wired(wireSpan, seed: seed)) == span, "seed \(seed)")
    }

    @Test func leaseTokensWithoutUUIDsAreNone() {
        var wire = Navarch_V1_LeaseToken()
        #expect(LeaseToken(wire) == nil)
        wire.commandID = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
        #expect(LeaseToken(wire) == nil)
    }

    @Test func momentsOutOfRangeBecomeTheNearestInRange() {
        let nearest: [(Google_Protobuf_Timestamp, Int64)] = [
            (Google_Protobuf_Timestamp(seconds: .max, nanos: .max), 253_402_300_799_999_999),
            (Google_Protobuf_Timestamp(seconds: .min, nanos: .min), -62_135_596_800_000_000),
        ]
        for (wire, microseconds) in nearest {
            #expect(!wire.isInRange)
            #expect(Timestamp(wire) == Timestamp(microseconds: microseconds))
        }
        #expect(Google_Protobuf_Timestamp(Timestamp(microseconds: -1)) == .init(seconds: -1, nanos: 999_999_000))
        #expect(!Google_Protobuf_Duration(seconds: 1, nanos: -1).isInRange)
        #expect(!Google_Protobuf_Duration(seconds: .max, nanos: 0).isInRange)
    }
}
