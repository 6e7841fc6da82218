// SPDX-License-Identifier: MIT

import NavarchWire
import SwiftProtobuf

/// Enumerations of the API as words, both ways.
enum Words {
    /// The word for a value. One that this CLI does not know, because the control plane is newer, is shown by its number.
    static func word<Value: WireEnum>(_ value: Value) -> String { value.word ?? "Unknown (\(value.rawValue))" }

    /// The value that `text` names, in any case, with or without its prefix; nil when there is none.
    static func value<Value: WireEnum>(_ text: String) -> Value? {
        var name = canonical(text)
        if name.hasPrefix(Value.prefix) { name.removeFirst(Value.prefix.count) }
        return Value.allCases.first { $0.word.map(canonical) == name }
    }

    /// What may be written for a value, for messages: `active, cordoned, …`. Not the zero value, which names nothing.
    static func accepted<Value: WireEnum>(_: Value.Type) -> String {
        Value.allCases.filter { $0 != Value() }.compactMap { $0.word?.lowercased().replacing(" ", with: "-") }.joined(
            separator: ", ")
    }

    private static func canonical(_ text: String) -> String {
        text.uppercased().replacing("-", with: "_").replacing(" ", with: "_")
    }
}

/// An enumeration of the API whose values have words.
protocol WireEnum: SwiftProtobuf.Enum, CaseIterable {
    /// What the names of its values in the schema begin with.
    static var prefix: String { get }
    /// The name in the schema without its prefix, as a word; nil for a number that is not in this program's schema.
    var word: String? { get }
}

extension Navarch_V1_NodeStatus: WireEnum {
    static let prefix = "NODE_STATUS_"

    var word: String? {
        switch self {
        case .unknown: "Unknown"
        case .active: "Active"
        case .cordoned: "Cordoned"
        case .draining: "Draining"
        case .unhealthy: "Unhealthy"
        case .terminated: "Terminated"
        case .UNRECOGNIZED: nil
        }
    }
}

extension Navarch_V1_HealthStatus: WireEnum {
    static let prefix = "HEALTH_STATUS_"

    var word: String? {
        switch self {
        case .unknown: "Unknown"
        case .healthy: "Healthy"
        case .degraded: "Degraded"
        case .unhealthy: "Unhealthy"
        case .UNRECOGNIZED: nil
        }
    }
}

extension Navarch_V1_CommandState: WireEnum {
    static let prefix = "COMMAND_STATE_"

    var word: String? {
        switch self {
        case .unspecified: "Unspecified"
        case .queued: "Queued"
        case .leased: "Leased"
        case .running: "Running"
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        case .outcomeUnknown: "Outcome unknown"
        case .cancelled: "Cancelled"
        case .expired: "Expired"
        case .undeliverable: "Undeliverable"
        case .UNRECOGNIZED: nil
        }
    }

    /// Whether the command is over (C9).
    var isTerminal: Bool {
        switch self {
        case .succeeded, .failed, .outcomeUnknown, .cancelled, .expired, .undeliverable: true
        case .unspecified, .queued, .leased, .running, .UNRECOGNIZED: false
        }
    }
}

extension Navarch_V1_NodeCommandType: WireEnum {
    static let prefix = "NODE_COMMAND_TYPE_"

    var word: String? {
        switch self {
        case .unknown: "Unknown"
        case .cordon: "Cordon"
        case .drain: "Drain"
        case .runDiagnostic: "Run diagnostic"
        case .terminate: "Terminate"
        case .uncordon: "Uncordon"
        case .UNRECOGNIZED: nil
        }
    }
}

extension Navarch_V1_InstanceState: WireEnum {
    static let prefix = "INSTANCE_STATE_"

    var word: String? {
        switch self {
        case .unknown: "Unknown"
        case .provisioning: "Provisioning"
        case .pendingRegistration: "Pending registration"
        case .running: "Running"
        case .terminating: "Terminating"
        case .terminated: "Terminated"
        case .failed: "Failed"
        case .UNRECOGNIZED: nil
        }
    }
}
