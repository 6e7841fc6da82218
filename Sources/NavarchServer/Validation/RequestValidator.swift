// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchWire
import SwiftProtobuf

/// One field that is wrong, and how.
struct FieldViolation: Sendable, Equatable {
    /// `metadata.labels["rack"]`, in the schema's names.
    let field: String
    let problem: Problem

    /// The sentence: "gpus[2].memory_total must be …".
    var sentence: String { "\(field) \(problem.description)" }
}

/// Walks through a request and holds every field against its rule. Costs one visit of each field that is set.
struct RequestValidator {
    /// Violations kept; more are only counted, so that a bad request cannot make a large answer.
    static let most = 200

    /// Those kept.
    private(set) var violations: [FieldViolation] = []
    /// All.
    private(set) var count = 0

    private var rule: MessageRule?
    private var prefix = ""
    /// Numbers of the fields that are set in the message at hand; field numbers of requests are all below 64.
    private var present: UInt64 = 0

    /// Everything that is wrong with `message`.
    static func check(_ message: some Message) -> RequestValidator {
        var validator = RequestValidator()
        validator.enter(message, prefix: "")
        return validator
    }

    private mutating func enter<M: Message>(_ message: M, prefix: String) {
        guard let rule = RequestRules.rule(for: M.self) else {
            preconditionFailure("\(M.protoMessageName) has no rules")
        }
        let outer = (self.rule, self.prefix, present)
        (self.rule, self.prefix, present) = (rule, prefix, 0)
        do {
            try message.traverse(visitor: &self)
        } catch {
            preconditionFailure("walking through a \(M.protoMessageName) failed, which nothing here does: \(error)")
        }
        noteMissing(rule)
        (self.rule, self.prefix, present) = outer
    }

    private mutating func noteMissing(_ rule: MessageRule) {
        for field in rule.fields where field.isRequired && present & (1 << UInt64(field.number)) == 0 {
            note(path(field), Problem(.required, "is required"))
        }
        guard let (first, second) = rule.exclusive else { return }
        let set = rule.fields.filter { present & (1 << UInt64($0.number)) != 0 && [first, second].contains($0.name) }
        if set.count != 1 {
            note(prefix + first, Problem(.exclusive, "or \(second) must be set, and not both"))
        }
    }

    private func path(_ field: FieldRule) -> String { prefix + field.name }

    private mutating func note(_ path: String, _ problem: Problem) {
        count += 1
        if violations.count < Self.most { violations.append(FieldViolation(field: path, problem: problem)) }
    }

    /// The rule of the field that is set; marks it as present.
    private mutating func field(_ number: Int) -> FieldRule? {
        guard let rule, rule.byNumber.indices.contains(number) else { return nil }
        present |= 1 << UInt64(number)
        return rule.byNumber[number]
    }

    private static func problem(with text: String, _ shape: FieldRule.Shape) -> Problem? {
        guard case .text(let rule) = shape else { return nil }
        return rule.problem(with: text)
    }

    private mutating func checkCount(_ count: Int, most: Int, of field: FieldRule) {
        if count > most { note(path(field), Problem(.tooMany, "must have at most \(most) entries; it has \(count)")) }
    }
}

extension RequestValidator: Visitor {
    mutating func visitSingularStringField(value: String, fieldNumber: Int) {
        guard let field = field(fieldNumber), let problem = Self.problem(with: value, field.shape) else { return }
        note(path(field), problem)
    }

    mutating func visitSingularInt64Field(value: Int64, fieldNumber: Int) {
        guard let field = field(fieldNumber), case .integer(let range) = field.shape, !range.contains(value) else {
            return
        }
        note(
            path(field),
            Problem(.outOfRange, "must be from \(range.lowerBound) to \(range.upperBound); it is \(value)"))
    }

    mutating func visitSingularUInt64Field(value: UInt64, fieldNumber: Int) {
        visitSingularInt64Field(value: Int64(clamping: value), fieldNumber: fieldNumber)
    }

    mutating func visitSingularDoubleField(value: Double, fieldNumber: Int) {
        guard let field = field(fieldNumber), case .number(let range) = field.shape, !range.contains(value) else {
            return
        }
        note(
            path(field),
            Problem(.outOfRange, "must be from \(range.lowerBound) to \(range.upperBound); it is \(value)"))
    }

    mutating func visitSingularBoolField(value: Bool, fieldNumber: Int) { _ = field(fieldNumber) }

    mutating func visitSingularBytesField(value: Data, fieldNumber: Int) { _ = field(fieldNumber) }

    mutating func visitUnknown(bytes: Data) {
        // Fields of later versions are passed over.
    }

    mutating func visitSingularEnumField<E: Enum>(value: E, fieldNumber: Int) {
        guard let field = field(fieldNumber), case .choice(let known, let accepted) = field.shape else { return }
        if !known.contains(value.rawValue) {
            note(path(field), Problem(.unknownValue, "has no value with the number \(value.rawValue)"))
        } else if !accepted.contains(value.rawValue) {
            note(path(field), Problem(.notAllowed, "must not be \(value) here"))
        }
    }

    mutating func visitSingularMessageField<M: Message>(value: M, fieldNumber: Int) {
        guard let field = field(fieldNumber) else { return }
        switch (value, field.shape) {
        case (let moment as Google_Protobuf_Timestamp, .moment):
            guard !moment.isInRange else { return }
            note(path(field), Problem(.outOfRange, "must be a time of the years 1 to 9999"))
        case (let span as Google_Protobuf_Duration, .span(let range)):
            guard !span.isInRange || !range.contains(Duration(span)) else { return }
            note(
                path(field),
                Problem(
                    .outOfRange,
                    "must be from \(range.lowerBound.components.seconds) to \(range.upperBound.components.seconds) s"))
        default: enter(value, prefix: prefix + field.name + ".")
        }
    }

    mutating func visitRepeatedMessageField<M: Message>(value: [M], fieldNumber: Int) {
        guard let field = field(fieldNumber), case .list(_, let most, _) = field.shape else { return }
        checkCount(value.count, most: most, of: field)
        for (index, element) in value.prefix(most).enumerated() {
            enter(element, prefix: "\(prefix)\(field.name)[\(index)].")
        }
    }

    mutating func visitRepeatedStringField(value: [String], fieldNumber: Int) {
        guard let field = field(fieldNumber), case .list(let shape, let most, let isUnique) = field.shape else {
            return
        }
        checkCount(value.count, most: most, of: field)
        var seen: Set<String> = []
        for (index, element) in value.prefix(most).enumerated() {
            let isRepeated = isUnique && !seen.insert(element).inserted
            let problem =
                element.isEmpty
                ? Problem(.required, "must not be empty")
                : isRepeated ? Problem(.duplicate, "repeats an earlier entry") : Self.problem(with: element, shape)
            if let problem { note("\(path(field))[\(index)]", problem) }
        }
    }

    mutating func visitMapField<KeyType, ValueType: MapValueType>(
        fieldType: _ProtobufMap<KeyType, ValueType>.Type, value: _ProtobufMap<KeyType, ValueType>.BaseType,
        fieldNumber: Int
    ) {
        guard let field = field(fieldNumber), case .map(let keyRule, let valueRule, let most) = field.shape,
            let map = value as? [String: String]
        else { return }
        checkCount(map.count, most: most, of: field)
        for (key, text) in map.sorted(by: { $0.key < $1.key }).prefix(most) {
            if key.isEmpty { note(path(field), Problem(.required, "has an entry with an empty key")) }
            if let problem = keyRule.problem(with: key) {
                note("\(path(field)) key \(Self.shown(key))", problem)
            }
            if let problem = valueRule.problem(with: text) { note("\(path(field))[\(Self.shown(key))]", problem) }
        }
    }

    mutating func visitMapField<KeyType, ValueType>(
        fieldType: _ProtobufEnumMap<KeyType, ValueType>.Type, value: _ProtobufEnumMap<KeyType, ValueType>.BaseType,
        fieldNumber: Int
    ) where ValueType.RawValue == Int { _ = field(fieldNumber) }

    mutating func visitMapField<KeyType, ValueType>(
        fieldType: _ProtobufMessageMap<KeyType, ValueType>.Type,
        value: _ProtobufMessageMap<KeyType, ValueType>.BaseType, fieldNumber: Int
    ) { _ = field(fieldNumber) }

    /// A key as a message may show it: short, and without what a terminal would act on.
    private static func shown(_ key: String) -> String {
        let kept = key.unicodeScalars.prefix(40).map { $0.properties.generalCategory == .control ? "?" : String($0) }
        return "\"\(kept.joined())\(key.unicodeScalars.count > 40 ? "…" : "")\""
    }
}
