// SPDX-License-Identifier: MIT
import Connect
import NavarchWire
import Testing

@testable import NavarchServer

/// The original's nine methods as it answers them (reference, sections 1.3 and 1.4, appendices A and E), in both codecs.
@Suite struct OriginalServiceTests {
    typealias Original = OriginalMethods

    private func converse(_ codec: RPCCodec, _ body: @escaping @Sendable (Transcript) async throws -> Void) async throws
    {
        try await withFleet { replica in try await body(Transcript(baseURL: replica.baseURL, codec: codec)) }
    }

    private static let register = #"{"nodeId":"n1","provider":"gcp","metadata":{"labels":{"pool":"p"}}}"#
    private static let registered = """
        {"success":true,"message":"registration successful","config":{"healthCheckIntervalSeconds":60,\
        "heartbeatIntervalSeconds":30,"enabledHealthChecks":["boot","nvml","xid"]}}
        """
    private static let issued = #"{"commandId":"*","issuedAt":"*"}"#

    @Test(arguments: RPCCodec.allCases) func registerNode(_ codec: RPCCodec) async throws {
        try await converse(codec) { original in
            try await original.say(Original.registerNode, "{}", 400, OriginalError.missing("node_id"))
            try await original.say(Original.registerNode, Self.register, 200, Self.registered)
            try await original.say(Original.registerNode, Self.register, 200, Self.registered)
        }
    }

    @Test(arguments: RPCCodec.allCases) func sendHeartbeat(_ codec: RPCCodec) async throws {
        try await converse(codec) { original in
            let acknowledged = #"{"acknowledged":true}"#
            let metrics = """
                {"nodeId":"n1","metrics":{"cpuUsagePercent":12.5,"gpuMetrics":[{"temperature":45,"powerUsage":300,\
                "utilizationPercent":75,"memoryUsed":"42949672960"}]}}
                """
            try await original.say(Original.sendHeartbeat, "{}", 400, OriginalError.missing("node_id"))
            try await original.say(
                Original.sendHeartbeat, #"{"nodeId":"x"}"#, 404, OriginalError.notFound("node not found: x"))
            try await original.say(Original.registerNode, Self.register, 200, Self.registered)
            try await original.say(Original.sendHeartbeat, #"{"nodeId":"n1"}"#, 200, acknowledged)
            try await original.say(Original.sendHeartbeat, metrics, 200, acknowledged)
            // A clock of the year 9999 decides nothing, and figures that cannot be are left out.
            try await original.say(
                Original.sendHeartbeat, #"{"nodeId":"n1","timestamp":"9999-12-31T23:59:59Z"}"#, 200, acknowledged)
            try await original.say(
                Original.sendHeartbeat, #"{"nodeId":"n1","metrics":{"cpuUsagePercent":"NaN"}}"#, 200, acknowledged)
        }
    }

    @Test(arguments: RPCCodec.allCases) func reportHealth(_ codec: RPCCodec) async throws {
        try await converse(codec) { original in
            let fatal = """
                {"nodeId":"n1","results":[{"checkName":"health_events","status":"HEALTH_STATUS_HEALTHY"}],"events":[\
                {"gpuIndex":3,"system":"HEALTH_WATCH_SYSTEM_DRIVER","eventType":"HEALTH_EVENT_TYPE_XID",\
                "metrics":{"xid_code":"79"}}]}
                """
            let sick = #"{"nodeId":"n1","results":[{"checkName":"gpu","status":"HEALTH_STATUS_UNHEALTHY"}]}"#
            let well = #"{"nodeId":"n1","results":[{"checkName":"gpu","status":"HEALTH_STATUS_HEALTHY"}]}"#
            let active = #"{"acknowledged":true,"nodeStatus":"NODE_STATUS_ACTIVE"}"#
            let unhealthy = #"{"acknowledged":true,"nodeStatus":"NODE_STATUS_UNHEALTHY"}"#
            try await original.say(Original.reportHealth, "{}", 400, OriginalError.missing("node_id"))
            try await original.say(
                Original.reportHealth, #"{"nodeId":"x"}"#, 404, OriginalError.notFound("node not found: x"))
            try await original.say(Original.registerNode, Self.register, 200, Self.registered)
            try await original.say(Original.reportHealth, #"{"nodeId":"n1"}"#, 200, active)
            try await original.say(Original.reportHealth, fatal, 200, active)  // no policies yet: docs/deviations.md
            try await original.say(Original.reportHealth, sick, 200, unhealthy)
            try await original.say(Original.reportHealth, well, 200, unhealthy)  // unhealthy sticks
        }
    }

    @Test(arguments: RPCCodec.allCases) func getNodeCommands(_ codec: RPCCodec) async throws {
        try await converse(codec) { original in
            let diagnose = """
                {"nodeId":"n1","commandType":"NODE_COMMAND_TYPE_RUN_DIAGNOSTIC","parameters":{"test":"disk","reason":"why"}}
                """
            let terminate = #"{"nodeId":"n1","commandType":"NODE_COMMAND_TYPE_TERMINATE"}"#
            let handedOut = """
                {"commands":[{"commandId":"*","type":"NODE_COMMAND_TYPE_RUN_DIAGNOSTIC",\
                "parameters":{"test":"disk","reason":"why"},"issuedAt":"*"},{"commandId":"*",\
                "type":"NODE_COMMAND_TYPE_TERMINATE","issuedAt":"*"}]}
                """
            try await original.say(Original.getNodeCommands, "{}", 400, OriginalError.missing("node_id"))
            try await original.say(Original.getNodeCommands, #"{"nodeId":"x"}"#, 200, "{}")
            try await original.say(Original.registerNode, Self.register, 200, Self.registered)
            try await original.say(Original.getNodeCommands, #"{"nodeId":"n1"}"#, 200, "{}")
            try await original.say(Original.issueCommand, diagnose, 200, Self.issued)
            try await original.say(Original.issueCommand, terminate, 200, Self.issued)
            try await original.say(Original.getNodeCommands, #"{"nodeId":"n1"}"#, 200, handedOut)
            try await original.say(Original.getNodeCommands, #"{"nodeId":"n1"}"#, 200, "{}")
        }
    }

    @Test(arguments: RPCCodec.allCases) func issueCommand(_ codec: RPCCodec) async throws {
        try await converse(codec) { original in
            let uncordon = #"{"nodeId":"n1","commandType":"NODE_COMMAND_TYPE_UNCORDON"}"#
            let cordon = #"{"nodeId":"n1","commandType":"NODE_COMMAND_TYPE_CORDON","parameters":{"reason":"rack"}}"#
            let drain = #"{"nodeId":"n1","commandType":"NODE_COMMAND_TYPE_DRAIN"}"#
            let refused = """
                {"code":"failed_precondition","message":"node n1 is not cordoned (current status: NODE_STATUS_ACTIVE)"}
                """
            try await original.say(Original.issueCommand, "{}", 400, OriginalError.missing("node_id"))
            try await original.say(
                Original.issueCommand, #"{"nodeId":"x"}"#, 400, OriginalError.missing("command_type"))
            try await original.say(
                Original.issueCommand, #"{"nodeId":"x","commandType":"NODE_COMMAND_TYPE_CORDON"}"#, 404,
                OriginalError.notFound("node not found: x"))
            try await original.say(Original.registerNode, Self.register, 200, Self.registered)
            try await original.say(Original.issueCommand, uncordon, 400, refused)
            for (command, status) in [
                (cordon, "CORDONED"), (cordon, "CORDONED"), (uncordon, "ACTIVE"), (drain, "DRAINING"),
            ] {
                try await original.say(Original.issueCommand, command, 200, Self.issued)
                try await original.say(Original.getNode, #"{"nodeId":"n1"}"#, 200, Self.node(status))
            }
            try await original.say(
                Original.issueCommand, #"{"nodeId":"n1","commandType":9}"#, 400,
                #"{"code":"invalid_argument","message":"command_type has no value with the number 9","details":"*"}"#)
        }
    }

    @Test(arguments: RPCCodec.allCases) func nodes(_ codec: RPCCodec) async throws {
        try await converse(codec) { original in
            try await original.say(Original.listNodes, "{}", 200, "{}")
            try await original.say(Original.getNode, "{}", 400, OriginalError.missing("node_id"))
            try await original.say(
                Original.getNode, #"{"nodeId":"n1"}"#, 404, OriginalError.notFound("node not found: n1"))
            try await original.say(Original.registerNode, Self.register, 200, Self.registered)
            try await original.say(Original.registerNode, #"{"nodeId":"n0","provider":"aws"}"#, 200, Self.registered)
            let aws =
                #"{"nodeId":"n0","provider":"aws","status":"NODE_STATUS_ACTIVE","lastHeartbeat":"*","metadata":{}}"#
            let gcp = Self.info("ACTIVE")
            try await original.say(Original.listNodes, "{}", 200, #"{"nodes":[\#(aws),\#(gcp)]}"#)
            try await original.say(Original.listNodes, #"{"provider":"gcp"}"#, 200, #"{"nodes":[\#(gcp)]}"#)
            try await original.say(Original.listNodes, #"{"status":"NODE_STATUS_CORDONED"}"#, 200, "{}")
            try await original.say(Original.getNode, #"{"nodeId":"n1"}"#, 200, Self.node("ACTIVE"))
        }
    }

    @Test(arguments: RPCCodec.allCases) func instances(_ codec: RPCCodec) async throws {
        try await converse(codec) { original in
            try await original.say(Original.listInstances, "{}", 200, "{}")
            try await original.say(Original.getInstance, "{}", 400, OriginalError.missing("instance_id"))
            try await original.say(
                Original.getInstance, #"{"instanceId":"i-1"}"#, 404,
                OriginalError.notFound("instance not found: i-1"))
        }
    }

    private static func info(_ status: String) -> String {
        """
        {"nodeId":"n1","provider":"gcp","status":"NODE_STATUS_\(status)","lastHeartbeat":"*",\
        "metadata":{"labels":{"pool":"p"}}}
        """
    }

    private static func node(_ status: String) -> String { #"{"node":\#(info(status))}"# }
}
