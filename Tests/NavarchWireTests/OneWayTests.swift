// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel
import SwiftProtobuf
import Testing

@testable import NavarchWire

/// Values that only clients read: every field of theirs is filled, and from the right place.
@Suite struct OneWayTests {
    private func keys(of message: some Message) throws -> Set<String> {
        let object = try JSONSerialization.jsonObject(with: message.jsonUTF8Data()) as? [String: Any]
        return Set((object ?? [:]).keys)
    }

    @Test(arguments: UInt64(1)...20) func nodesFillEveryField(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let (node, results, metrics) = (samples.node(), samples.some { $0.checkResult() }, samples.metrics())
        var wire = Navarch_V1_NodeInfo(node, healthResults: results, metrics: metrics)
        wire.config = Navarch_V1_NodeConfig(
            heartbeatInterval: .seconds(30), healthCheckInterval: .seconds(60), leaseDuration: .seconds(30),
            enabledHealthChecks: ["boot"])
        #expect(try keys(of: wire) == ProtoFile("navarch/v1/types.proto").fields(of: "NodeInfo"))
        #expect(NodeID(wire.nodeID) == node.id)
        #expect(NodeStatus(wire.status) == node.status)
        #expect(HealthStatus(wire.healthStatus) == node.health)
        #expect(Timestamp(wire.lastHeartbeat) == node.lastSeen)
        #expect(Timestamp(wire.registeredAt) == node.registeredAt)
        #expect(Timestamp(wire.lastHealthCheck) == node.lastHealthCheck)
        #expect(wire.statusReason == node.statusReason && wire.reachable && wire.revision == node.revision)
        var registration = NodeRegistration()
        registration.provider = wire.provider
        registration.region = wire.region
        registration.zone = wire.zone
        registration.instanceType = wire.instanceType
        registration.gpus = wire.gpus.map(GPU.init)
        registration.metadata = NodeMetadata(wire.metadata)
        registration.host = HostFacts(wire.host)
        registration.agentVersion = wire.agentVersion
        registration.journalID = node.registration.journalID
        #expect(registration == node.registration, "seed \(seed)")
        #expect(wire.healthResults.map(HealthCheckResult.init) == results)
        #expect(NodeMetrics(wire.metrics) == metrics)
    }

    @Test(arguments: UInt64(1)...20) func commandsFillEveryField(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let command = samples.command()
        let wire = Navarch_V1_Command(command)
        #expect(try keys(of: wire) == ProtoFile("navarch/v1/types.proto").fields(of: "Command"))
        let id = try #require(CommandID(wire.commandID))
        let type = try #require(CommandType(wire.type))
        let state = try #require(CommandState(wire.state))
        let read = Command(
            id: id, nodeID: NodeID(wire.nodeID), nodeKey: command.nodeKey, sequence: wire.sequence, type: type,
            parameters: wire.parameters, reason: wire.reason, issuedBy: wire.issuedBy,
            idempotencyKey: wire.idempotencyKey, state: state, attempt: wire.attempt,
            issuedAt: Timestamp(wire.issuedAt), notAfter: Timestamp(wire.notAfter), runTimeout: command.runTimeout,
            startedAt: Timestamp(wire.startedAt), finishedAt: Timestamp(wire.finishedAt),
            progress: CommandProgress(wire.progress), progressAt: Timestamp(wire.progress.reportedAt),
            result: CommandResult(wire.result), cancelRequested: wire.cancelRequested,
            outOfContact: wire.outOfContact)
        #expect(read == command, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...20) func leasedCommandsFillEveryField(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let command = LeasedCommand(
            nodeKey: NodeKey(1), sequence: samples.int64(), token: samples.token(), type: samples.one(),
            parameters: samples.map(), reason: samples.text(), issuedAt: samples.moment(),
            runTimeout: samples.duration())
        let wire = Navarch_V1_LeasedCommand(command)
        #expect(try keys(of: wire) == ProtoFile("navarch/v1/agent.proto").fields(of: "LeasedCommand"))
        #expect(wire.commandID == command.token.command.description)
        let read = LeasedCommand(
            nodeKey: NodeKey(1), sequence: wire.sequence, token: try #require(LeaseToken(wire.lease)),
            type: try #require(CommandType(wire.type)), parameters: wire.parameters, reason: wire.reason,
            issuedAt: Timestamp(wire.issuedAt), runTimeout: Duration(wire.runTimeout))
        #expect(read == command, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...20) func instancesFillEveryField(seed: UInt64) throws {
        var samples = Samples(seed: seed)
        let instance = Instance(
            id: samples.text(), provider: samples.text(), region: samples.text(), zone: samples.text(),
            instanceType: samples.text(), state: samples.one(), poolName: samples.text(), createdAt: samples.moment(),
            readyAt: samples.moment(), terminatedAt: samples.moment(), nodeID: samples.text(),
            statusMessage: samples.text(), labels: samples.map())
        let wire = Navarch_V1_InstanceInfo(instance)
        #expect(try keys(of: wire) == ProtoFile("navarch/v1/instances.proto").fields(of: "InstanceInfo"))
        let read = Instance(
            id: wire.instanceID, provider: wire.provider, region: wire.region, zone: wire.zone,
            instanceType: wire.instanceType, state: try #require(InstanceState(wire.state)), poolName: wire.poolName,
            createdAt: Timestamp(wire.createdAt), readyAt: Timestamp(wire.readyAt),
            terminatedAt: Timestamp(wire.terminatedAt), nodeID: wire.nodeID, statusMessage: wire.statusMessage,
            labels: wire.labels)
        #expect(read == instance, "seed \(seed)")
    }

    @Test func replicasFillEveryField() throws {
        var samples = Samples(seed: 1)
        var replica = Replica(
            id: ReplicaID(samples.uuid()), region: samples.text(), address: samples.text(), version: samples.text(),
            schemaMin: samples.int32(), schemaMax: samples.int32())
        replica.startedAt = samples.moment()
        replica.lastSeenAt = samples.moment()
        replica.live = true
        replica.draining = true
        replica.leads = ["liveness"]
        replica.synchronousReplication = true
        let wire = Navarch_V1_ReplicaInfo(replica)
        #expect(try keys(of: wire) == ProtoFile("navarch/v1/replicas.proto").fields(of: "ReplicaInfo"))
        #expect(wire.replicaID == replica.id.description && wire.region == replica.region)
        #expect(wire.address == replica.address && wire.version == replica.version)
        #expect(wire.schemaMin == replica.schemaMin && wire.schemaMax == replica.schemaMax)
        #expect(Timestamp(wire.startedAt) == replica.startedAt && Timestamp(wire.lastSeenAt) == replica.lastSeenAt)
        #expect(wire.leads == replica.leads)
    }

    @Test func wholeSecondsOfTheConfigurationAreNeverZero() {
        let config = Navarch_V1_NodeConfig(
            heartbeatInterval: .milliseconds(200), healthCheckInterval: .milliseconds(2_001), leaseDuration: .zero,
            enabledHealthChecks: [])
        #expect(config.heartbeatIntervalSeconds == 1)
        #expect(config.healthCheckIntervalSeconds == 3)
        #expect(Duration(config.heartbeatInterval) == .milliseconds(200))
    }
}
