# The words of docs/evaluation.md's table in Chinese, for README.zh-CN.md (readme_table.sh).
s/^| task | figure | floor | result | samples |/| 任务 | 指标 | 目标 | 结果 | 样本数 |/
s/^| spoken digits, unseen speakers /| 口说数字，未见过的说话人 /
s/^| spoken commands, unseen speakers /| 口令，未见过的说话人 /
s/^| speech recognition, unseen sentences in unseen synthetic voices /| 语音识别：未见过的句子，未见过的合成嗓音 /
s/^| speech recognition, recorded human speech /| 语音识别：真人录音 /
s/^| pictograms in a style seen for other concepts only /| 图标，所用画风只在其他事物上见过 /
s/^| photographs, CIFAR-10 classes /| 照片，CIFAR-10 的类别 /
s/^| captions of unseen photographs /| 描述未见过的照片 /
s/^| text to picture, judged by a separate classifier /| 看文作画，由另一分类器评判 /
s/^| speech to picture, same judge /| 听话作画，评判方法相同 /
s/^| text to speech, judged by an independent decoder /| 朗读，由独立的解码器评判 /
s/^| retrieval, audio and text /| 检索：声音与文字 /
s/^| retrieval, the other six pairs of modalities /| 检索：其余六对模态 /
s/^| scene questions (count, colour, relation) /| 场景问答（数量、颜色、关系） /
s/^| clip captions (action, direction) /| 短片描述（动作、方向） /
s/^| mattes of people /| 人像抠图 /
s/^| clouds of points: bodies and pairs of them; furniture and other things /| 点云：几何体及其两两组合；家具等物品 /
s/^| text in 78 languages /| 78 种语言的文字 /
s/| accuracy among \([0-9]*\) and \([0-9]*\) names /| 准确率（分别有 \1 个和 \2 个名称） /
s/| accuracy among \([0-9]*\) (chance \([0-9.]* %\)) /| 准确率（\1 选 1，随机为 \2） /
s/| accuracy (chance \([0-9.]* %\), \([0-9.]* %\)) /| 准确率（随机为 \1、\2） /
s/| accuracy (chance \([0-9.]* %\)) /| 准确率（随机为 \1） /
s/| accuracy /| 准确率 /
s/| word error rate (real speech: \([0-9.]* %\)) /| 词错误率（真人语音为 \1） /
s/| word error rate /| 词错误率 /
s/| share showing the requested concept /| 画对的比例 /
s/| recall@1 of 100 /| 百中取一的召回率 /
s/| intersection over union /| 交并比 /
s/| bits per byte /| 每字节比特数 /
s/| at most \([0-9.]* %\) /| 不高于 \1 /
s/| reported /| 只报告 /
s/| \([0-9.]*\) to \([0-9.]* %\) /| \1 至 \2 /
s/| 100 each /| 各 100 /
