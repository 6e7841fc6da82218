// SPDX-License-Identifier: MIT

import SwiftProtobuf

/// How a call failed: a code to branch on, a sentence for people, and typed details for programs.
public struct RPCError: Error, Sendable, Equatable {
    /// The code to branch on.
    public var code: RPCCode
    /// One sentence for people. It reaches the other side: nothing secret belongs here.
    public var message: String
    /// Typed details, such as which fields are wrong.
    public var details: [RPCErrorDetail]
    /// Headers (of a unary Connect call) or trailers that travel with the error.
    public var metadata: RPCMetadata

    /// An error with `code` and `message`.
    public init(
        _ code: RPCCode, _ message: String, details: [RPCErrorDetail] = [], metadata: RPCMetadata = [:]
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.metadata = metadata
    }

    /// The first detail that is a message of type `M`.
    public func detail<M: Message>(_ type: M.Type = M.self) -> M? {
        for detail in details {
            if let message = detail.message(as: M.self) { return message }
        }
        return nil
    }
}

extension RPCError: CustomStringConvertible {
    /// Code and message, as a log line wants them.
    public var description: String { "\(code.name): \(message)" }
}
