// SPDX-License-Identifier: MIT

/// What one field of a request must be.
struct FieldRule: Sendable {
    /// What its value may be, by its kind.
    indirect enum Shape: Sendable {
        /// A string.
        case text(TextRule)
        /// A whole number.
        case integer(ClosedRange<Int64>)
        /// A number; never NaN or infinite.
        case number(ClosedRange<Double>)
        /// True or false: nothing to get wrong.
        case flag
        /// An enum: the numbers that this version has, and those of them that are accepted here.
        case choice(known: Set<Int>, accepted: Set<Int>)
        /// A well-known timestamp, in its range.
        case moment
        /// A well-known duration.
        case span(ClosedRange<Duration>)
        /// A message with rules of its own.
        case message
        /// A repeated field.
        case list(Shape, most: Int, isUnique: Bool)
        /// A map between strings.
        case map(key: TextRule, value: TextRule, most: Int)
    }

    let number: Int
    /// As the schema has it.
    let name: String
    /// Absent, empty or zero is wrong.
    let isRequired: Bool
    let shape: Shape

    init(_ number: Int, _ name: String, required: Bool = false, _ shape: Shape) {
        self.number = number
        self.name = name
        isRequired = required
        self.shape = shape
    }
}

/// What a message must be.
struct MessageRule: Sendable {
    /// Its name in the schema, without the package.
    let name: String
    /// Its fields.
    let fields: [FieldRule]
    /// Two fields of which exactly one must be set.
    let exclusive: (String, String)?
    /// Fields by number; nil where a number has none.
    let byNumber: [FieldRule?]

    init(_ name: String, _ fields: [FieldRule], exactlyOneOf exclusive: (String, String)? = nil) {
        self.name = name
        self.fields = fields
        self.exclusive = exclusive
        var byNumber = [FieldRule?](repeating: nil, count: (fields.map(\.number).max() ?? 0) + 1)
        for field in fields { byNumber[field.number] = field }
        self.byNumber = byNumber
    }
}
