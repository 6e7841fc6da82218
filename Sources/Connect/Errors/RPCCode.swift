// SPDX-License-Identifier: MIT

/// Why a call failed, in the sixteen codes that Connect and gRPC share. The raw value is gRPC's number.
public enum RPCCode: Int, Sendable, CaseIterable {
    /// The caller gave up, most often by closing its connection or stream.
    case canceled = 1
    /// Something went wrong that no other code describes.
    case unknown
    /// The request itself is wrong, whatever the state of the server.
    case invalidArgument
    /// The call's time was over before it was done.
    case deadlineExceeded
    /// What the request names is not there.
    case notFound
    /// What the request would create is already there.
    case alreadyExists
    /// The caller is known and may not do this.
    case permissionDenied
    /// A limit is reached: a quota, a size, or the server's own capacity.
    case resourceExhausted
    /// The state of the system forbids this now; trying again without a change will not help.
    case failedPrecondition
    /// A conflict with another call; the caller may start over.
    case aborted
    /// A value is past the end of what exists.
    case outOfRange
    /// The method, or the feature asked for, does not exist here.
    case unimplemented
    /// The server broke a promise of its own.
    case internalError
    /// The server cannot answer now; the same call may succeed a little later.
    case unavailable
    /// Data is lost beyond repair.
    case dataLoss
    /// The caller did not show who it is.
    case unauthenticated

    /// The name on the wire of Connect: `invalid_argument`.
    public var name: String { Self.table[rawValue - 1].name }

    /// The HTTP status of a unary Connect answer with this code.
    public var httpStatus: Int { Self.table[rawValue - 1].status }

    /// The code that Connect writes as `name`; nil when there is none of that name.
    public init?(name: String) {
        guard let index = Self.table.firstIndex(where: { $0.name == name }) else { return nil }
        self.init(rawValue: index + 1)
    }

    /// What a bare HTTP status means when the answer carries no code of its own, as when a proxy wrote it.
    public init(httpStatus: Int) {
        switch httpStatus {
        case 400: self = .internalError
        case 401: self = .unauthenticated
        case 403: self = .permissionDenied
        case 404: self = .unimplemented
        case 429, 502, 503, 504: self = .unavailable
        default: self = .unknown
        }
    }

    /// Names and HTTP statuses in the order of the codes' numbers.
    private static let table: [(name: String, status: Int)] = [
        ("canceled", 499), ("unknown", 500), ("invalid_argument", 400), ("deadline_exceeded", 504), ("not_found", 404),
        ("already_exists", 409), ("permission_denied", 403), ("resource_exhausted", 429),
        ("failed_precondition", 400), ("aborted", 409), ("out_of_range", 400), ("unimplemented", 501),
        ("internal", 500), ("unavailable", 503), ("data_loss", 500), ("unauthenticated", 401),
    ]
}

extension RPCCode: CustomStringConvertible {
    /// The code's name on the wire.
    public var description: String { name }
}
