"""The exception report: what cashiers did that a manager looks at, with a small picture over time."""
