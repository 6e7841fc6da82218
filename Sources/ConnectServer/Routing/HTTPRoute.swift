// SPDX-License-Identifier: MIT
import Connect

/// Plain HTTP on the port that also serves calls: health checks, metrics and the like.
public enum HTTPRoute {
    /// A request, whole.
    public struct Request: Sendable {
        /// `GET`, `POST` …
        public let method: String
        /// The path, without the query.
        public let path: String
        /// What follows the `?`, as it came; empty when nothing does.
        public let query: String
        /// The body; empty when there is none.
        public let body: [UInt8]
        /// Headers, identity, request id and drain.
        public let context: CallContext
    }

    /// An answer, whole.
    public struct Response: Sendable {
        /// The status: 200.
        public var status: Int
        /// The headers, `content-length` aside, which is added.
        public var headers: RPCMetadata
        /// The body.
        public var body: [UInt8]

        /// An answer from its parts.
        public init(status: Int, headers: RPCMetadata = [:], body: [UInt8] = []) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        /// An answer in plain text.
        public static func text(_ text: String, status: Int = 200) -> Response {
            Response(status: status, headers: ["content-type": "text/plain; charset=utf-8"], body: Array(text.utf8))
        }

        /// An answer in JSON, given as text.
        public static func json(_ text: String, status: Int = 200) -> Response {
            Response(status: status, headers: ["content-type": "application/json"], body: Array(text.utf8))
        }
    }

    /// Answers a request.
    public typealias Handler = @Sendable (Request) async -> Response
}
