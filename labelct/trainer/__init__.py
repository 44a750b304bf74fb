"""Networks: `fit` a training set, `predict` a volume."""
