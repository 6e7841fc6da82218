// SPDX-License-Identifier: MIT
import NavarchControl
import NavarchWire
import SwiftProtobuf

/// The one table of what requests may hold: every field of every message that a client of navarch.v1 can send.
enum RequestRules {
    /// The rule of a message type; nil when it is no part of a request.
    static func rule(for type: any Message.Type) -> MessageRule? { table[ObjectIdentifier(type)] }

    private static let day = Duration.seconds(86_400)

    // Texts by their use. Lengths are those of what they name: DNS names 253, Kubernetes label keys 253 + 1 + 63.
    static let nodeName = TextRule(form: .nodeName, maxBytes: 253)
    private static let word = TextRule(form: .line, maxBytes: 128)
    private static let title = TextRule(form: .line, maxBytes: 256)
    private static let reason = TextRule(form: .text, maxBytes: 1_024)
    private static let note = TextRule(form: .captured, maxBytes: 4 << 10)
    private static let uuid = TextRule(form: .uuid, maxBytes: 36)
    private static let labelKey = TextRule(form: .line, maxBytes: 317)
    private static let labelValue = TextRule(form: .line, maxBytes: 256)
    private static let valueText = TextRule(form: .captured, maxBytes: 4 << 10)
    private static let parameterValue = TextRule(form: .text, maxBytes: 16 << 10)
    private static let key = TextRule(form: .clientKey, maxBytes: 128)
    private static let selector = TextRule(form: .selector, maxBytes: 4 << 10)
    private static let pageToken = TextRule(form: .visibleASCII, maxBytes: 1_024)
    private static let cursor = TextRule(form: .cursor, maxBytes: 64)

    private static let bytes = FieldRule.Shape.integer(0...Int64.max)
    private static let percent = FieldRule.Shape.number(0...100)
    private static let gpuIndex = FieldRule.Shape.integer(0...1_023)
    private static let labels = FieldRule.Shape.map(key: labelKey, value: labelValue, most: 128)
    private static let details = FieldRule.Shape.map(key: title, value: valueText, most: 128)
    private static let parameters = FieldRule.Shape.map(key: word, value: parameterValue, most: 64)
    private static let pageSize = FieldRule.Shape.integer(0...1_000)
    private static let batch = FieldRule.Shape.integer(0...Int64(CommandDelivery.largestBatch))

    private static func any<E: Enum & CaseIterable>(_ type: E.Type) -> FieldRule.Shape {
        let known = Set(type.allCases.map(\.rawValue))
        return .choice(known: known, accepted: known)
    }

    private static func messages(most: Int) -> FieldRule.Shape { .list(.message, most: most, isUnique: false) }

    private static func nodeID(_ number: Int = 1) -> FieldRule {
        FieldRule(number, "node_id", required: true, .text(nodeName))
    }

    private static let outcomes: Set<Int> = [
        Navarch_V1_CommandState.succeeded.rawValue, Navarch_V1_CommandState.failed.rawValue,
        Navarch_V1_CommandState.outcomeUnknown.rawValue,
    ]

    private static let table: [ObjectIdentifier: MessageRule] = Dictionary(
        uniqueKeysWithValues: all.map { (ObjectIdentifier($0.type), $0.rule) })

    /// Every message with its rule.
    static let all: [(type: any Message.Type, rule: MessageRule)] = agent + parts + nodes + commands + others

    private static func has<M: Message>(_ type: M.Type, _ fields: FieldRule..., exactlyOneOf: (String, String)? = nil)
        -> (
            type: any Message.Type, rule: MessageRule
        )
    {
        let name = M.protoMessageName.split(separator: ".").last.map(String.init) ?? ""
        return (M.self, MessageRule(name, fields, exactlyOneOf: exactlyOneOf))
    }

    private static let agent = [
        has(
            Navarch_V1_RegisterNodeRequest.self, nodeID(), FieldRule(2, "provider", .text(word)),
            FieldRule(3, "region", .text(word)), FieldRule(4, "zone", .text(word)),
            FieldRule(5, "instance_type", .text(word)), FieldRule(6, "gpus", messages(most: 64)),
            FieldRule(7, "metadata", .message), FieldRule(8, "host", .message),
            FieldRule(9, "agent_version", .text(word)), FieldRule(10, "journal_id", .text(word))),
        has(
            Navarch_V1_HeartbeatRequest.self, nodeID(), FieldRule(2, "timestamp", .moment),
            FieldRule(3, "metrics", .message)),
        has(
            Navarch_V1_ReportHealthRequest.self, nodeID(), FieldRule(2, "results", messages(most: 256)),
            FieldRule(3, "events", messages(most: 1_000))),
        has(
            Navarch_V1_LeaseCommandsRequest.self, nodeID(), FieldRule(2, "limit", batch),
            FieldRule(3, "wait", .span(.zero ... .seconds(60)))),
        has(Navarch_V1_StreamCommandsRequest.self, nodeID(), FieldRule(2, "limit", batch)),
        has(
            Navarch_V1_AcknowledgeCommandsRequest.self, nodeID(),
            FieldRule(2, "leases", required: true, messages(most: 256))),
        has(
            Navarch_V1_RenewCommandsRequest.self, nodeID(),
            FieldRule(2, "leases", required: true, messages(most: 256))),
        has(
            Navarch_V1_ReportProgressRequest.self, nodeID(), FieldRule(2, "lease", required: true, .message),
            FieldRule(3, "progress", required: true, .message)),
        has(
            Navarch_V1_CompleteCommandRequest.self, nodeID(), FieldRule(2, "lease", required: true, .message),
            FieldRule(
                3, "outcome", required: true,
                .choice(known: Set(Navarch_V1_CommandState.allCases.map(\.rawValue)), accepted: outcomes)),
            FieldRule(4, "result", .message)),
    ]

    private static let parts = [
        has(
            Navarch_V1_GPUInfo.self, FieldRule(1, "index", gpuIndex), FieldRule(2, "uuid", .text(word)),
            FieldRule(3, "name", .text(title)), FieldRule(4, "pci_bus_id", .text(word)),
            FieldRule(5, "memory_total", bytes), FieldRule(6, "driver_version", .text(word)),
            FieldRule(7, "cuda_version", .text(word)), FieldRule(8, "fake", .flag)),
        has(
            Navarch_V1_NodeMetadata.self, FieldRule(1, "hostname", .text(TextRule(form: .line, maxBytes: 253))),
            FieldRule(2, "internal_ip", .text(word)), FieldRule(3, "external_ip", .text(word)),
            FieldRule(4, "kernel_version", .text(title)), FieldRule(5, "labels", labels)),
        has(
            Navarch_V1_HostInfo.self, FieldRule(1, "boot_id", .text(word)), FieldRule(2, "machine_id", .text(word)),
            FieldRule(3, "cpu_model", .text(title)), FieldRule(4, "cpu_count", .integer(0...65_536)),
            FieldRule(5, "memory_total", bytes), FieldRule(6, "disks", messages(most: 256)),
            FieldRule(7, "operating_system", .text(title)), FieldRule(8, "architecture", .text(word))),
        has(
            Navarch_V1_DiskInfo.self, FieldRule(1, "device", .text(title)),
            FieldRule(2, "mount_point", .text(TextRule(form: .line, maxBytes: 4_096))),
            FieldRule(3, "size_total", bytes)),
        has(
            Navarch_V1_NodeMetrics.self, FieldRule(1, "cpu_usage_percent", percent),
            FieldRule(2, "memory_usage_percent", percent), FieldRule(3, "gpu_metrics", messages(most: 64))),
        has(
            Navarch_V1_GPUMetrics.self, FieldRule(1, "gpu_index", gpuIndex),
            FieldRule(2, "temperature", .integer(-273...1_000)), FieldRule(3, "power_usage", .integer(0...100_000)),
            FieldRule(4, "utilization_percent", percent), FieldRule(5, "memory_used", bytes)),
        has(
            Navarch_V1_HealthCheckResult.self, FieldRule(1, "check_name", required: true, .text(word)),
            FieldRule(2, "status", any(Navarch_V1_HealthStatus.self)), FieldRule(3, "message", .text(note)),
            FieldRule(4, "timestamp", .moment),
            FieldRule(5, "details", details)),
        has(
            Navarch_V1_HealthEvent.self, FieldRule(1, "timestamp", .moment),
            FieldRule(2, "gpu_index", .integer(-1...1_023)), FieldRule(3, "gpu_uuid", .text(word)),
            FieldRule(4, "system", any(Navarch_V1_HealthWatchSystem.self)),
            FieldRule(5, "event_type", any(Navarch_V1_HealthEventType.self)), FieldRule(6, "metrics", details),
            FieldRule(7, "message", .text(note))),
        has(
            Navarch_V1_LeaseToken.self, FieldRule(1, "command_id", required: true, .text(uuid)),
            FieldRule(2, "attempt", required: true, .integer(1...Int64(Int32.max))),
            FieldRule(3, "lease_id", required: true, .text(uuid))),
        has(
            Navarch_V1_CommandProgress.self, FieldRule(1, "percent", percent), FieldRule(2, "message", .text(note)),
            FieldRule(3, "reported_at", .moment)),
        has(
            Navarch_V1_CommandResult.self, FieldRule(1, "exit_code", .integer(Int64(Int32.min)...Int64(Int32.max))),
            FieldRule(2, "message", .text(note)),
            FieldRule(3, "output", .text(TextRule(form: .captured, maxBytes: 256 << 10))),
            FieldRule(4, "truncated", .flag), FieldRule(5, "json", .text(TextRule(form: .json, maxBytes: 256 << 10)))),
    ]

    private static let nodes = [
        has(
            Navarch_V1_ListNodesRequest.self, FieldRule(1, "provider", .text(word)),
            FieldRule(2, "region", .text(word)),
            FieldRule(3, "status", any(Navarch_V1_NodeStatus.self)), FieldRule(4, "zone", .text(word)),
            FieldRule(5, "label_selector", .text(selector)), FieldRule(6, "page_size", pageSize),
            FieldRule(7, "page_token", .text(pageToken))),
        has(Navarch_V1_GetNodeRequest.self, nodeID()),
        has(
            Navarch_V1_WatchNodesRequest.self, FieldRule(1, "provider", .text(word)),
            FieldRule(2, "region", .text(word)), FieldRule(3, "status", any(Navarch_V1_NodeStatus.self)),
            FieldRule(4, "zone", .text(word)),
            FieldRule(5, "label_selector", .text(selector)), FieldRule(6, "cursor", .text(cursor))),
    ]

    private static let timeToLive = FieldRule.Shape.span(.seconds(1)...day * 30)
    private static let runTimeout = FieldRule.Shape.span(.seconds(1)...day * 7)

    private static let commands = [
        has(
            Navarch_V1_IssueCommandRequest.self, nodeID(),
            FieldRule(2, "command_type", required: true, any(Navarch_V1_NodeCommandType.self)),
            FieldRule(3, "parameters", parameters), FieldRule(4, "idempotency_key", .text(key)),
            FieldRule(5, "reason", .text(reason)), FieldRule(6, "ttl", timeToLive),
            FieldRule(7, "run_timeout", runTimeout)),
        has(
            Navarch_V1_IssueCommandsRequest.self,
            FieldRule(1, "node_ids", .list(.text(nodeName), most: CommandOperations.bulkLimit, isUnique: true)),
            FieldRule(2, "command_type", required: true, any(Navarch_V1_NodeCommandType.self)),
            FieldRule(3, "parameters", parameters),
            FieldRule(4, "idempotency_key", .text(key)), FieldRule(5, "reason", .text(reason)),
            FieldRule(6, "ttl", timeToLive), FieldRule(7, "run_timeout", runTimeout),
            FieldRule(8, "label_selector", .text(selector)),
            FieldRule(9, "max_nodes", .integer(0...Int64(CommandOperations.bulkLimit))),
            exactlyOneOf: ("node_ids", "label_selector")),
        has(
            Navarch_V1_ListCommandsRequest.self, FieldRule(1, "node_id", .text(nodeName)),
            FieldRule(2, "state", any(Navarch_V1_CommandState.self)),
            FieldRule(3, "command_type", any(Navarch_V1_NodeCommandType.self)), FieldRule(4, "page_size", pageSize),
            FieldRule(5, "page_token", .text(pageToken))),
        has(Navarch_V1_GetCommandRequest.self, FieldRule(1, "command_id", required: true, .text(uuid))),
        has(Navarch_V1_WatchCommandRequest.self, FieldRule(1, "command_id", required: true, .text(uuid))),
        has(
            Navarch_V1_CancelCommandRequest.self, FieldRule(1, "command_id", required: true, .text(uuid)),
            FieldRule(2, "reason", .text(reason))),
    ]

    private static let others = [
        has(
            Navarch_V1_ListInstancesRequest.self, FieldRule(1, "provider", .text(word)),
            FieldRule(2, "region", .text(word)), FieldRule(3, "state", any(Navarch_V1_InstanceState.self)),
            FieldRule(4, "pool_name", .text(word)),
            FieldRule(5, "page_size", pageSize), FieldRule(6, "page_token", .text(pageToken))),
        has(Navarch_V1_GetInstanceRequest.self, FieldRule(1, "instance_id", required: true, .text(title))),
        has(Navarch_V1_ListReplicasRequest.self),
    ]
}
