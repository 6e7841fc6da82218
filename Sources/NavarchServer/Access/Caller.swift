// SPDX-License-Identifier: MIT
import Connect
import ConnectServer

/// Who calls, as far as the control plane can tell.
public struct Caller: Sendable, Equatable {
    /// What the shared token proves: to be one of those who were given it. Also everybody where no token is set.
    public static let sharedToken = Caller(subject: "operator")

    /// The name that commands and audit rows carry.
    public let subject: String

    /// A caller of this name.
    public init(subject: String) { self.subject = subject }

    /// The header in which a caller says for whom it acts.
    public static let actorHeader = "x-navarch-actor"

    /// The name to record for a call: the subject, and after a slash the name that the caller claims. A claim behind a
    /// shared token proves nothing, so it never stands alone.
    /// - Throws: `invalid_argument` when the claim is no name.
    static func actor(of context: CallContext) throws(RPCError) -> String {
        let subject = (context.identity as? Caller ?? .sharedToken).subject
        guard let claimed = context.requestHeader(actorHeader) else { return subject }
        guard isName(claimed) else {
            throw RPCError(
                .invalidArgument,
                "the header \(actorHeader) must be 1 to 64 letters, digits, '.', '_', '-', '+' and '@'")
        }
        return "\(subject)/\(claimed)"
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789._-+@".unicodeScalars.contains(scalar))
            }
    }
}
