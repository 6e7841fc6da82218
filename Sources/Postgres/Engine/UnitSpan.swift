// SPDX-License-Identifier: MIT
import Tracing

/// A unit's span, where somebody traces: from its submission to its answer, named after its first statement. Attributes are those of
/// OpenTelemetry's conventions for databases; parameters are never among them.
struct UnitSpan {
    private let span: any Span

    /// nil where nobody traces, which costs next to nothing.
    init?(_ unit: Unit, _ tracer: (any Tracer)?) {
        guard let tracer, let first = unit.statements.first else { return nil }
        let name = first.name ?? "unit"
        span = tracer.startSpan(name, context: ServiceContext.current ?? .topLevel, ofKind: .client)
        span.attributes["db.system.name"] = "postgresql"
        span.attributes["db.operation.name"] = name
        if unit.statements.count > 1 { span.attributes["db.operation.batch.size"] = unit.statements.count }
    }

    func end(_ result: UnitResult) {
        if case .failure(let error) = result {
            span.attributes["error.type"] = error.kind.label
            span.attributes["postgres.outcome"] = error.outcome.label
            if let state = error.sqlState { span.attributes["db.response.status_code"] = state }
            span.setStatus(SpanStatus(code: .error, message: error.message))
        }
        span.end()
    }
}
