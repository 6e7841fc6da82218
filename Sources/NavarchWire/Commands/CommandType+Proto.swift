// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_NodeCommandType {
    /// The same type.
    public init(_ type: CommandType) {
        switch type {
        case .cordon: self = .cordon
        case .drain: self = .drain
        case .runDiagnostic: self = .runDiagnostic
        case .terminate: self = .terminate
        case .uncordon: self = .uncordon
        }
    }
}

extension CommandType {
    /// The same type; nil for unknown and for numbers that this version does not have.
    public init?(_ wire: Navarch_V1_NodeCommandType) {
        switch wire {
        case .unknown, .UNRECOGNIZED: return nil
        case .cordon: self = .cordon
        case .drain: self = .drain
        case .runDiagnostic: self = .runDiagnostic
        case .terminate: self = .terminate
        case .uncordon: self = .uncordon
        }
    }
}
