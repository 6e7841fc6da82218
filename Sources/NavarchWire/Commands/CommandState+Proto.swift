// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_CommandState {
    /// The same state.
    public init(_ state: CommandState) {
        switch state {
        case .queued: self = .queued
        case .leased: self = .leased
        case .running: self = .running
        case .succeeded: self = .succeeded
        case .failed: self = .failed
        case .unknown: self = .outcomeUnknown
        case .cancelled: self = .cancelled
        case .expired: self = .expired
        case .undeliverable: self = .undeliverable
        }
    }
}

extension CommandState {
    /// The same state; nil for unspecified and for numbers that this version does not have.
    public init?(_ wire: Navarch_V1_CommandState) {
        switch wire {
        case .unspecified, .UNRECOGNIZED: return nil
        case .queued: self = .queued
        case .leased: self = .leased
        case .running: self = .running
        case .succeeded: self = .succeeded
        case .failed: self = .failed
        case .outcomeUnknown: self = .unknown
        case .cancelled: self = .cancelled
        case .expired: self = .expired
        case .undeliverable: self = .undeliverable
        }
    }
}
