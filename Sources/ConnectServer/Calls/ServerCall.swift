// SPDX-License-Identifier: MIT
import Connect
import NIOCore
import SwiftProtobuf

/// One call from head to end, between the connection that brought it and the handler that answers it.
///
/// Sendable although nothing guards its variables: they belong to the event loop, and every function checks that it runs
/// there, except for those that say otherwise and touch constants only.
final class ServerCall: @unchecked Sendable {
    /// How far the call has come.
    enum Phase {
        /// The body of the request is on its way. May become `running` or `finished`.
        case receiving
        /// The handler has the request, the answer's head is not out. May become `streaming` or `finished`.
        case running
        /// The head is out. May become `finished`.
        case streaming
        /// Answered, or abandoned. Terminal.
        case finished
    }

    let core: ServerCore
    let eventLoop: any EventLoop
    let head: RequestHead
    let facts: RequestFacts
    /// The message of a call made by GET.
    let query: GetQuery?
    /// What the content type says, or the query of a call made by GET; nil when it says nothing to us.
    let form: RPCContentType?
    let endpoint: RPCRouter.Endpoint?

    var start: CallStart
    var phase = Phase.receiving
    var sink: (any ResponseSink)?
    var body: ByteBuffer?
    var task: CallTask?
    var outbox: StreamOutbox?
    var context: CallContext?
    var deadlineTimer: Scheduled<Void>?
    var stallTimer: Scheduled<Void>?
    /// How many interceptors let the call pass, and are told of its end.
    var passedInterceptors = 0
    var counts = Counts()

    /// For the outcome.
    struct Counts {
        var requestBytes = 0
        var responseBytes = 0
        var requestMessages = 0
        var responseMessages = 0
        var httpStatus = 0
    }

    init(_ head: RequestHead, sink: any ResponseSink, core: ServerCore, eventLoop: any EventLoop) {
        self.core = core
        self.eventLoop = eventLoop
        self.head = head
        self.sink = sink
        facts = RequestFacts(head.headers)
        let path = head.uri.utf8.contains(UInt8(ascii: "?")) ? String(head.uri.prefix { $0 != "?" }) : head.uri
        endpoint = core.router.endpoint(for: path)
        if head.method == "GET", case .method(let method) = endpoint, method.descriptor.isGettable {
            let query = GetQuery(head.uri.dropFirst(path.count + 1))
            form = query.codec.map { RPCContentType(.connect, $0, isEnveloped: false) }
            self.query = query
        } else {
            form = facts.contentType.flatMap { RPCContentType.fast($0) }
            query = nil
        }
        let target: CallStart.Target =
            switch endpoint {
            case .method(let method): method.descriptor.target
            case .route: .route
            case nil: .unknown
            }
        let isMethod = if case .method = endpoint { true } else { false }
        let sentID = facts.requestID.flatMap { RequestID.isSane($0) ? $0 : nil }
        start = CallStart(
            target: target, httpMethod: head.method, path: path, rpcProtocol: isMethod ? form?.rpcProtocol : nil,
            codec: isMethod ? form?.codec : nil, remoteAddress: head.remoteAddress,
            requestID: sentID ?? RequestID.make(), startedAt: .now, headers: head.headers)
    }

    /// How messages are written. From any thread.
    var codec: RPCCodec { form?.codec ?? .json }

    /// How the request's messages are compressed.
    func requestEncoding(_ form: RPCContentType) -> String? { query?.compression ?? facts.encoding(in: form) }

    /// True when the client can read gzip; one that compresses its request and says no more can.
    func takesGzip(_ form: RPCContentType) -> Bool {
        facts.acceptsGzip(in: form) || query?.compression == Gzip.name && facts.acceptEncoding == nil
    }

    /// True when the answer is done with, so that what still comes of the request is of no use.
    var isFinished: Bool { phase == .finished }

    /// Made when the handler starts: `start` does not change from then on.
    func makeContext() -> CallContext {
        if let context { return context }
        let made = CallContext(storage: .init(start: start, drain: core.drain))
        context = made
        return made
    }

    /// Runs a handler as a task of the server. On the loop.
    func run(_ body: @escaping @Sendable (CallContext) async throws -> Void) {
        eventLoop.preconditionInEventLoop()
        let task = CallTask()
        self.task = task
        let context = makeContext()
        let isAccepted = core.jobs.submit {
            do {
                try await task.run { try await body(context) }
            } catch {
                let error = self.rpcError(for: error)
                self.eventLoop.execute { self.fail(error) }
            }
        }
        if !isAccepted { fail(RPCError(.unavailable, "the server is shutting down")) }
    }

    /// What an error of a handler means to the client. From any thread.
    func rpcError(for error: any Error) -> RPCError {
        if let error = error as? RPCError { return error }
        if error is CancellationError { return RPCError(.canceled, "the call was cancelled") }
        core.logger.error(
            "a handler failed",
            metadata: ["path": "\(start.path)", "request_id": "\(start.requestID)", "error": "\(error)"])
        return RPCError(.internalError, "internal error; request id \(start.requestID)")
    }
}

extension RPCContentType {
    /// The usual spellings without a dictionary.
    static func fast(_ value: String) -> RPCContentType? {
        switch value {
        case "application/json": RPCContentType(.connect, .json, isEnveloped: false)
        case "application/proto": RPCContentType(.connect, .proto, isEnveloped: false)
        default: RPCContentType(value)
        }
    }

    /// The header's value without making a string.
    var fastHeaderValue: String {
        guard rpcProtocol == .connect, !isEnveloped else { return headerValue }
        return codec == .json ? "application/json" : "application/proto"
    }
}
