// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_LeasedCommand {
    /// The command as it travels to its node.
    public init(_ command: LeasedCommand) {
        self.init()
        commandID = command.token.command.description
        type = Navarch_V1_NodeCommandType(command.type)
        parameters = command.parameters
        issuedAt = .init(command.issuedAt)
        lease = Navarch_V1_LeaseToken(command.token)
        runTimeout = .init(command.runTimeout)
        sequence = command.sequence
        reason = command.reason
    }
}
