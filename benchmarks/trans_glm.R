# Trans-GLM by glmnet on a problem that benchmarks/linear_transfer.py --export wrote: l2 errors and the detection.
#   Rscript benchmarks/trans_glm.R FOLDER gaussian|binomial
suppressMessages(library(glmnet))
arguments <- commandArgs(TRUE)
folder <- arguments[1]
family <- arguments[2]
set.seed(1)
read <- function(name) as.matrix(read.csv(file.path(folder, name), header = FALSE))
target <- read("target.csv")
sources <- lapply(sort(list.files(folder, "^source")), read)
beta <- scan(file.path(folder, "beta.csv"), quiet = TRUE)
x <- function(rows) rows[, -1, drop = FALSE]
loss <- function(w, rows) {
  eta <- drop(x(rows) %*% w[-1] + w[1])
  if (family == "binomial") mean(log(1 + exp(eta)) - rows[, 1] * eta) else mean((rows[, 1] - eta)^2)
}
lasso <- function(rows, ...) as.numeric(coef(cv.glmnet(x(rows), rows[, 1], family = family, ...), s = "lambda.1se"))
two_steps <- function(kept) {
  w <- lasso(do.call(rbind, c(list(target), sources[kept])), lambda.min.ratio = 0.01)
  offset <- drop(x(target) %*% w[-1] + w[1])
  left <- cv.glmnet(x(target), target[, 1], family = family, offset = offset, lambda.min.ratio = 0.01)
  w + as.numeric(coef(left, s = "lambda.min"))
}
fold <- integer(nrow(target))
groups <- if (family == "binomial") split(seq_len(nrow(target)), target[, 1]) else list(seq_len(nrow(target)))
for (rows in groups) fold[sample(rows)] <- rep_len(1:3, length(rows))
losses <- sapply(1:3, function(f) {
  train <- target[fold != f, ]
  test <- target[fold == f, ]
  c(sapply(sources, function(s) loss(lasso(rbind(train, s)), test)), loss(lasso(train), test))
})
K <- length(sources)
limit <- mean(losses[K + 1, ]) + 2 * max(sd(losses[K + 1, ]), 0.01)
kept <- which(rowMeans(losses)[1:K] <= limit)
error <- function(w) sqrt(sum((w - c(0, beta))^2))
errors <- c(error(lasso(target)), error(two_steps(1:K)), error(two_steps(kept)), error(two_steps(1:3)))
cat(sprintf("%.4f", errors), "kept", kept, "\n")
