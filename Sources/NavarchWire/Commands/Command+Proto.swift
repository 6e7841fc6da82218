// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_Command {
    /// The command as operators see it.
    public init(_ command: Command) {
        self.init()
        commandID = command.id.description
        nodeID = command.nodeID.rawValue
        type = Navarch_V1_NodeCommandType(command.type)
        parameters = command.parameters
        reason = command.reason
        issuedBy = command.issuedBy
        idempotencyKey = command.idempotencyKey
        sequence = command.sequence
        issuedAt = .init(command.issuedAt)
        notAfter = .init(command.notAfter)
        setProgress(of: command)
    }

    private mutating func setProgress(of command: Command) {
        state = Navarch_V1_CommandState(command.state)
        attempt = command.attempt
        if let startedAt = command.startedAt { self.startedAt = .init(startedAt) }
        if let finishedAt = command.finishedAt { self.finishedAt = .init(finishedAt) }
        if let progress = command.progress { self.progress = .init(progress, at: command.progressAt) }
        if let result = command.result { self.result = .init(result) }
        cancelRequested = command.cancelRequested
        outOfContact = command.outOfContact
    }
}
