// SPDX-License-Identifier: MIT

/// What issuing a command does to its node at once (C14). Pure: the store reads the row under a lock, asks, and writes the answer in the same
/// transaction.
public enum NodeTransition: Equatable, Sendable {
    /// The node's new schedule and condition. Equal to the old ones when nothing changes; the command is recorded all the same.
    case apply(schedule: Node.Schedule, condition: Node.Condition)
    /// The state does not allow it; says why, for the client.
    case refuse(String)

    /// Decides for one command and one node.
    ///
    /// | command | allowed in | schedule becomes | condition becomes |
    /// |---|---|---|---|
    /// | cordon | any but terminated | cordoned | as it was |
    /// | drain | any but terminated | draining | as it was |
    /// | uncordon | cordoned, draining or unhealthy | active | ok |
    /// | diagnostic, terminate | any but terminated | as it was | as it was |
    public static func of(_ type: CommandType, on node: Node) -> NodeTransition {
        guard node.lifecycle == .present else { return .refuse("node \(node.id) is terminated") }
        switch type {
        case .cordon: return .apply(schedule: .cordoned, condition: node.condition)
        case .drain: return .apply(schedule: .draining, condition: node.condition)
        case .runDiagnostic, .terminate: return .apply(schedule: node.schedule, condition: node.condition)
        case .uncordon:
            guard node.schedule != .active || node.condition != .ok else {
                return .refuse(
                    "node \(node.id) is not cordoned (current status: NODE_STATUS_\(node.status.rawValue.uppercased()))"
                )
            }
            return .apply(schedule: .active, condition: .ok)
        }
    }

    /// The feed's word for what a command did to its node at once; nil for commands that only travel.
    public static func eventType(of type: CommandType) -> String? {
        switch type {
        case .cordon: "node.cordoned"
        case .uncordon: "node.uncordoned"
        case .drain: "node.draining"
        case .runDiagnostic, .terminate: nil
        }
    }
}
