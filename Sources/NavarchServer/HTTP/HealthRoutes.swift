// SPDX-License-Identifier: MIT
import ConnectServer
import NavarchControl

/// `/healthz` and `/readyz`, which need no token.
struct HealthRoutes: Sendable {
    let readiness: Readiness

    func add(to router: inout RPCRouter) {
        // The original answers every method; those that a checker would use do.
        for method in ["GET", "POST"] {
            router.http(method, "/healthz") { _ in .text("ok") }
            router.http(method, "/readyz") { [self] request in
                let wantsJSON = request.context.requestHeader("accept")?.contains("application/json") ?? false
                return ready(readiness.report, asJSON: wantsJSON)
            }
        }
    }

    func ready(_ report: ReadinessReport, asJSON: Bool) -> HTTPRoute.Response {
        let status = report.isReady ? 200 : 503
        if asJSON { return .json(Self.json(report), status: status) }
        let verdict = report.isReady ? ["ready"] : ["not ready"] + report.reasons
        let degraded = report.degraded.map { "degraded: \($0)" }
        let lines = verdict + degraded
        // A bare "ready" has no line end, as in the original.
        return .text(lines.count == 1 ? lines[0] : lines.joined(separator: "\n") + "\n", status: status)
    }

    private static func json(_ report: ReadinessReport) -> String {
        "{\"ready\":\(report.isReady),\"reasons\":\(list(report.reasons)),\"degraded\":\(list(report.degraded))}\n"
    }

    private static func list(_ texts: [String]) -> String {
        "[" + texts.map { "\"\(escaped($0))\"" }.joined(separator: ",") + "]"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
