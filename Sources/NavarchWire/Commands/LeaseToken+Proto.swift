// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_LeaseToken {
    /// The same token.
    public init(_ token: LeaseToken) {
        self.init()
        commandID = token.command.description
        attempt = token.attempt
        leaseID = token.lease.description
    }
}

extension LeaseToken {
    /// The same token; nil when one of its ids is no UUID.
    public init?(_ wire: Navarch_V1_LeaseToken) {
        guard let command = CommandID(wire.commandID), let lease = LeaseID(wire.leaseID) else { return nil }
        self.init(command: command, attempt: wire.attempt, lease: lease)
    }
}
