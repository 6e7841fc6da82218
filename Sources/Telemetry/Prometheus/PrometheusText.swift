// SPDX-License-Identifier: MIT

/// Pieces of Prometheus' text format 0.0.4.
public enum PrometheusText {
    /// A metric's name with everything that the format does not allow replaced by `_`.
    public static func name(_ label: String) -> String {
        var name = String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
        if name.first?.isNumber ?? true { name = "_" + name }
        return name
    }

    /// Labels in order of name, as they stand in the text: `{a="1",b="2"}`; empty without labels.
    public static func labels(_ dimensions: [(String, String)]) -> String {
        guard !dimensions.isEmpty else { return "" }
        let pairs = dimensions.sorted { $0.0 < $1.0 }.map { "\(name($0.0))=\"\(escaped($0.1))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// A label's value with backslash, quote and line feed escaped.
    public static func escaped(_ value: String) -> String {
        var result = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// A number as the format writes it.
    public static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }

    /// Rendered labels with one more at the end.
    static func adding(_ name: String, _ value: String, to labels: String) -> String {
        labels.isEmpty ? "{\(name)=\"\(value)\"}" : "\(labels.dropLast()),\(name)=\"\(value)\"}"
    }
}

extension PrometheusRegistry.Instrument {
    var typeName: String {
        switch self {
        case .counter: "counter"
        case .gauge(let cell): cell.isCounter ? "counter" : "gauge"
        case .histogram: "histogram"
        }
    }

    func render(_ series: PrometheusRegistry.Series, into page: inout String) {
        switch self {
        case .counter(let cell): page += "\(series.name)\(series.labels) \(cell.current)\n"
        case .gauge(let cell): page += "\(series.name)\(series.labels) \(PrometheusText.number(cell.current))\n"
        case .histogram(let cell):
            let counts = cell.current
            var below: UInt64 = 0
            for (bound, count) in zip(cell.bounds, counts.buckets) {
                below += count
                let labels = PrometheusText.adding("le", PrometheusText.number(bound), to: series.labels)
                page += "\(series.name)_bucket\(labels) \(below)\n"
            }
            page += "\(series.name)_bucket\(PrometheusText.adding("le", "+Inf", to: series.labels)) \(counts.count)\n"
            page += "\(series.name)_sum\(series.labels) \(PrometheusText.number(counts.sum))\n"
            page += "\(series.name)_count\(series.labels) \(counts.count)\n"
        }
    }
}
