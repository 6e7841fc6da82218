// SPDX-License-Identifier: MIT
import ConnectServer
import Tracing

/// A span for each call, as a child of the caller's when a W3C `traceparent` came with it. Which tracer, and whether any,
/// is the program's choice.
public struct CallTracing: ServerInterceptor {
    static let attachment = "navarch.trace"
    private let tracer: any Tracer

    /// What a call carries from its begin to its handler and its end.
    struct Trace: Sendable {
        let span: any Span
        let context: ServiceContext
    }

    /// Tracing by the given tracer.
    public init(tracer: any Tracer) { self.tracer = tracer }

    /// Opens the span.
    public func begin(_ call: inout CallStart) -> CallRefusal? {
        guard !call.service.isEmpty else { return nil }
        var context = ServiceContext.topLevel
        tracer.extract(call, into: &context, using: HeaderExtractor())
        let span = tracer.startSpan("\(call.service)/\(call.method)", context: context, ofKind: .server)
        span.attributes["rpc.service"] = call.service
        span.attributes["rpc.method"] = call.method
        span.attributes["rpc.system"] = call.rpcProtocol?.rawValue ?? ""
        span.attributes["request_id"] = call.requestID
        call.attachments[Self.attachment] = Trace(span: span, context: span.context)
        return nil
    }

    /// Closes it.
    public func end(_ call: CallStart, outcome: CallOutcome) {
        guard let trace = call.attachments[Self.attachment] as? Trace else { return }
        if let code = outcome.code {
            trace.span.attributes["rpc.code"] = code.name
            trace.span.setStatus(SpanStatus(code: .error))
        }
        trace.span.end()
    }

    private struct HeaderExtractor: Extractor {
        func extract(key: String, from call: CallStart) -> String? { call.header(key) }
    }
}

extension CallContext {
    /// Runs `body` inside the call's span.
    func traced<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
        guard let trace = attachments[CallTracing.attachment] as? CallTracing.Trace else { return try await body() }
        return try await ServiceContext.withValue(trace.context, operation: body)
    }
}
